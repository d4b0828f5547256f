import FintechGenerator
import Glibc

/// Progress of a run on standard error: one line redrawn on a terminal, else a plain line every five seconds.
struct GenerateProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let options: GeneratorOptions
  private var isDrawn = false
  private var shownAtSeconds: Double?
  private var shownPhase: GeneratorProgress.Phase?
  /// Transactions at the last plain line, for its own rate.
  private var shownTransactions = 0

  static let plainIntervalSeconds = 5.0

  init(_ options: GeneratorOptions) { self.options = options }

  mutating func show(_ progress: GeneratorProgress) {
    let elapsed = progress.elapsedSeconds
    var rate = progress.businessTransactionsPerSecond
    if !isTerminal {
      if let last = shownAtSeconds, shownPhase == progress.phase {
        let interval = elapsed - last
        guard interval >= GenerateProgressLine.plainIntervalSeconds else { return }
        rate = Double(progress.written.businessTransactions - shownTransactions) / interval
      }
      shownAtSeconds = elapsed
      shownPhase = progress.phase
      shownTransactions = progress.written.businessTransactions
    }
    let text: String
    switch progress.phase {
    case .startingUp:
      text =
        "opening the bank: \(progress.written.inserted(.customers)) customers, "
        + "\(progress.written.inserted(.accounts)) accounts"
    case .running:
      text =
        "\(Int(elapsed)) s: \(progress.written.businessTransactions) business transactions, \(Int(rate))/s, "
        + "\(progress.written.inserted(.outbox)) events, \(progress.written.anomalies) anomalies, "
        + "\(progress.written.alerts) alerts, simulated \(progress.simulatedTime.description.prefix(19))Z"
        + timeLeft(progress)
        + (progress.reconnections > 0 ? ", \(progress.reconnections) reconnections" : "")
    case .checking:
      text = "comparing the database with what was written"
    }
    if isTerminal {
      print("\r" + text + "\u{1B}[K")
      isDrawn = true
    } else {
      print(text + "\n")
    }
  }

  /// Leaves the drawn line standing.
  mutating func end() {
    if isDrawn { print("\n") }
    isDrawn = false
  }

  /// By whichever end comes first; empty where the run has none.
  private func timeLeft(_ progress: GeneratorProgress) -> String {
    var seconds = options.durationSeconds.map { $0 - progress.elapsedSeconds }
    let opened = progress.written.transactionsOpened
    if let count = options.count, opened > 0 {
      let byCount = Double(count - opened) * progress.elapsedSeconds / Double(opened)
      seconds = min(seconds ?? byCount, byCount)
    }
    return seconds.map { ", \(Int(max($0, 0).rounded(.up))) s left" } ?? ""
  }

  private func print(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
