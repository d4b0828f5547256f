import PostgresSource

/// Why a run could not start or go on.
public struct GeneratorError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// Options or database do not allow the run.
    case configuration
    /// The server cannot be reached, and trying again was of no use.
    case unreachable
    /// The server refused what was written.
    case refused
    /// Stopped while the server could not be reached, with transactions whose outcome is not known.
    case interrupted
  }

  public let kind: Kind
  public let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }
}

extension PostgresError {
  /// Whether the same transactions may succeed over a new connection.
  var isWorthRetrying: Bool {
    if kind == .connection || sqlState.isEmpty { return kind != .unexpectedAnswer }
    // Connection, deadlock or serialisation, resources, shutdown, lock not available.
    return ["08", "40", "53"].contains(sqlState.prefix(2))
      || ["57P01", "57P02", "57P03", "57P05", "55P03"].contains(sqlState)
  }

  /// As the start of a run sees it.
  var asGeneratorError: GeneratorError {
    GeneratorError(kind == .connection ? .unreachable : .refused, description)
  }
}
