import ArgumentParser

/// Exit codes beside 0 and 64, which ArgumentParser gives for wrong usage. Numbers are those of `sysexits.h`, but for 130.
extension ExitCode {
  /// A server is unreachable and retries are exhausted.
  static let unreachable = ExitCode(69)
  /// A fault of our own.
  static let internalFault = ExitCode(70)
  /// Try again later: the slot is busy and `--no-wait` was given.
  static let tryAgain = ExitCode(75)
  /// The configuration, or what it names, must be changed first.
  static let configuration = ExitCode(78)
  /// Ended by SIGINT, as a shell reports it.
  static let interrupted = ExitCode(130)
}
