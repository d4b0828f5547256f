/// A client property that cannot be followed.
public struct PropertyProblem: Sendable, Equatable, CustomStringConvertible {
  public var name: String
  /// `nil` for secrets.
  public var value: String?
  public var reason: String
  /// What is allowed, where that can be said.
  public var allowed: String?

  public var description: String {
    name + (value.map { "=\($0)" } ?? "") + ": " + reason + (allowed.map { "; allowed: \($0)" } ?? "")
  }
}

/// All problems of one set of properties, in the order of their names.
public struct PropertyProblems: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [PropertyProblem]

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
