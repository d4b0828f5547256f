import Glibc
import TerminalScreens

/// What this process knows about the terminal it may be writing to.
enum Terminal {
  /// Whether a descriptor is a terminal that takes cursor movements.
  static func isInteractive(_ output: LineOutput) -> Bool {
    isatty(output.rawValue) == 1 && variable("TERM") != "dumb"
  }

  /// Colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org).
  static func style(_ output: LineOutput) -> TerminalStyle {
    isInteractive(output) && (variable("NO_COLOR") ?? "").isEmpty ? .coloured : .plain
  }

  /// Columns and rows; `nil` where the descriptor is no terminal or does not know.
  static func size(_ output: LineOutput) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Seconds by which local time is ahead of UTC at a moment.
  static func localOffsetSeconds(unixMilliseconds: Int64) -> Int {
    var seconds = time_t(clamping: unixMilliseconds / 1_000)
    var parts = tm()
    return localtime_r(&seconds, &parts) == nil ? 0 : parts.tm_gmtoff
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
