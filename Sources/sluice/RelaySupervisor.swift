import ArgumentParser
import Logging
import RelayRuntime

/// Watches the connectors from the main thread: turns signals into stops, and says now and then how things stand.
struct RelaySupervisor {
  let service: RelayService
  let logger: Logger

  /// Seconds between two lines on each connector.
  private static let reportSeconds: Int64 = 30

  /// After the second signal.
  private static let patienceMilliseconds: Int64 = 2_000

  /// Returns when every connector has ended, or soon after the second signal.
  func supervise(_ wakeUp: WakeUp) -> [RelayService.Outcome] {
    var handled = 0
    var endsAt: Int64?
    var lastReport = RelayClock.now().monotonicMilliseconds
    var acknowledged: [UInt64] = Array(repeating: 0, count: service.connectors.count)
    while true {
      if let outcomes = service.wait(milliseconds: 0) { return outcomes }
      wakeUp.wait(timeoutMilliseconds: 200)
      wakeUp.clear()
      if InterruptSignals.received > handled {
        handled = InterruptSignals.received
        if handled == 1 {
          logger.info("stopping in order; a second signal stops at once")
          service.stop()
        } else {
          service.stop(atOnce: true)
          endsAt = RelayClock.now().monotonicMilliseconds + RelaySupervisor.patienceMilliseconds
        }
      }
      let now = RelayClock.now().monotonicMilliseconds
      // A thread can be inside a call that waits for the network; what is unconfirmed is sent again next time.
      if let endsAt, now >= endsAt { return service.outcomesSoFar }
      if now - lastReport >= RelaySupervisor.reportSeconds * 1_000 {
        report(&acknowledged, seconds: UInt64(max(1, (now - lastReport) / 1_000)))
        lastReport = now
      }
    }
  }

  private func report(_ acknowledged: inout [UInt64], seconds: UInt64) {
    for (index, connector) in service.connectors.enumerated() {
      let report = connector.status.current
      let rate = (report.recordsAcknowledged - min(acknowledged[index], report.recordsAcknowledged)) / seconds
      acknowledged[index] = report.recordsAcknowledged
      let error = report.state == .running ? "" : report.lastError.map { ", \($0)" } ?? ""
      logger.info(
        "\(connector.name): \(report.state.rawValue), \(report.recordsAcknowledged) records acknowledged, \(rate)/s, \(report.lagBytes) bytes behind\(RelaySupervisor.latency(connector.status))\(error)"
      )
    }
  }

  /// Commit to acknowledgement of the transactions since the start: `, p50 1.2 ms, p99 5.0 ms`; empty before the first.
  static func latency(_ status: ConnectorStatus) -> String {
    let latency = status.latency
    guard latency.count > 0 else { return "" }
    func milliseconds(_ microseconds: UInt64) -> String { "\(microseconds / 1_000).\(microseconds % 1_000 / 100) ms" }
    return ", commit to acknowledged p50 \(milliseconds(latency.p50)) p99 \(milliseconds(latency.p99))"
  }

  /// ` 50=1200 75=2100 …`, up to the largest.
  static func percentiles(_ status: ConnectorStatus) -> String {
    status.latencyPercentiles.map { " \($0.percentile)=\($0.microseconds)" }.joined()
  }

  /// The code of the worst failure; `nil` without one.
  static func exitCode(_ outcomes: [RelayService.Outcome]) -> ExitCode? {
    let kinds = outcomes.compactMap { $0.failure?.kind }
    if kinds.contains(.delivery) || kinds.contains(.fenced) { return .internalFault }
    if kinds.contains(.configuration) { return .configuration }
    if kinds.contains(.unreachable) { return .unreachable }
    if kinds.contains(.slotBusy) { return .tryAgain }
    return nil
  }
}
