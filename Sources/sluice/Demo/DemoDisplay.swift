import RelayRuntime
import TerminalScreens

/// Shows how the demo goes: a screen drawn in place on a terminal, else a plain line now and then on standard error.
struct DemoDisplay {
  let isScreen = Terminal.isInteractive(.data) && Terminal.size(.data) != nil
  private var painter = ScreenPainter()
  private var lineShownAtSeconds: Double?

  private static let lineIntervalSeconds = 3.0

  /// Before and after the screen: a line on standard error.
  func say(_ text: String) { LineOutput.diagnostics.write(text) }

  mutating func show(_ figures: DemoFigures, nowSeconds: Double) {
    if isScreen, let size = Terminal.size(.data) {
      let screen = DemoScreen(figures, columns: size.columns, rows: size.rows, style: Terminal.style(.data))
      painter.draw(screen.lines, rows: size.rows)
      return
    }
    if let last = lineShownAtSeconds, nowSeconds - last < DemoDisplay.lineIntervalSeconds { return }
    lineShownAtSeconds = nowSeconds
    say(DemoLine.text(figures))
  }

  mutating func end() { painter.end() }
}
