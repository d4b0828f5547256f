/// One thing to say about a configuration file. Never holds a secret value.
public struct ConfigProblem: Sendable, Hashable {
  public enum Severity: String, Sendable {
    /// The configuration is refused.
    case error
    /// It runs, though probably not as its author meant.
    case warning
    /// A property was accepted and has no effect here.
    case notice
  }

  public let severity: Severity
  /// The file as the user named it.
  public let file: String
  /// Counted from 1; nil where the problem is about the file as a whole.
  public let line: Int?
  public let property: String?
  public let message: String
  /// What to do about it.
  public let remedy: String?

  public init(
    _ severity: Severity, file: String, line: Int? = nil, property: String? = nil, message: String,
    remedy: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.line = line
    self.property = property
    self.message = message
    self.remedy = remedy
  }
}

extension ConfigProblem: CustomStringConvertible {
  /// `file:line: property: message. Remedy`, as compilers print it.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    text += ": "
    if let property { text += "\(property): " }
    text += message
    if let remedy { text += ". \(remedy)" }
    return text
  }
}
