import Glibc

/// Draws whole screens in place, each with a single write so that nothing flickers.
///
/// The cursor is hidden only within that write, and the alternate screen is not used: however the process ends, the
/// terminal is as it was.
struct ScreenPainter {
  private var isBegun = false

  mutating func draw(_ lines: [String], rows: Int) {
    // Begin and end of a synchronised update: terminals that know it show the frame at once, others pass over it.
    var frame = "\u{1B}[?2026h\u{1B}[?25l"
    if !isBegun {
      // What the terminal shows moves into its history instead of being overwritten.
      frame += String(repeating: "\n", count: max(rows - 1, 0))
      isBegun = true
    }
    frame += "\u{1B}[H" + lines.joined(separator: "\u{1B}[K\r\n") + "\u{1B}[K\u{1B}[J\u{1B}[?25h\u{1B}[?2026l"
    LineOutput.data.write(text: frame)
  }

  /// Clears the screen for what is printed next.
  mutating func end() {
    if isBegun { LineOutput.data.write(text: "\u{1B}[H\u{1B}[J") }
    isBegun = false
  }
}
