/// All that is wrong with the configuration files, so that one run mends them all.
public struct ConfigError: Error, Sendable, Hashable {
  /// At least one of them has severity `error`.
  public let problems: [ConfigProblem]

  public init(_ problems: [ConfigProblem]) { self.problems = problems }
}

extension ConfigError: CustomStringConvertible {
  /// A line per error and warning, in the order of the files.
  public var description: String {
    problems.filter { $0.severity != .notice }.map(\.description).joined(separator: "\n")
  }
}
