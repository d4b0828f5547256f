/// A private server could not be started, reached or stopped.
public struct EmbeddedServerError: Error, Sendable, CustomStringConvertible {
  public let message: String
  /// Last lines of the server's own log, where it wrote one.
  public let log: String?

  init(_ message: String, log: String?) {
    self.message = message
    self.log = log
  }

  public var description: String {
    guard let log, !log.isEmpty else { return message }
    return message + "\nLast lines of its log:\n" + log
  }
}
