import Histogram
import Primitives
import Synchronization

/// What the outside may know of a connector: written by its thread a few times a second, read by anyone.
public final class ConnectorStatus: Sendable {
  public enum State: String, Sendable {
    case starting = "STARTING"
    case snapshot = "SNAPSHOT"
    case running = "RUNNING"
    case reconnecting = "RECONNECTING"
    /// Another relay streams from the slot.
    case standby = "STANDBY"
    case stopping = "STOPPING"
    case stopped = "STOPPED"
    case failed = "FAILED"
  }

  public struct Report: Sendable {
    public var name: String
    public var state = State.starting
    public var lastError: String?
    public var recordsAccepted: UInt64 = 0
    public var recordsAcknowledged: UInt64 = 0
    public var transactions: UInt64 = 0
    public var capturedChanges: UInt64 = 0
    public var snapshotRows: UInt64 = 0
    /// Rows that the tables of the snapshot have, by the server's estimate; 0 when it has none.
    public var snapshotRowsEstimated: UInt64 = 0
    public private(set) var acknowledgedByTopic: [(topic: String, count: UInt64)] = []
    public var serverEnd = LSN.invalid
    public var confirmed = LSN.invalid
    public var recordsInFlight = 0
    public var reconnects: UInt64 = 0
    /// Records that went to the dead-letter topic instead of their own.
    public var deadLetters: UInt64 = 0
    /// At least once: records of changes that Kafka may have had before, since the process began. Never fewer than there are
    /// duplicates.
    public var recordsRepeated: UInt64 = 0
    /// Changes of which no record could be made, left out by `event.processing.failure.handling.mode`.
    public var skippedChanges: UInt64 = 0

    /// Counts by index of `topics`, of which there may be more. In place, since there are thousands where tables are.
    mutating func setAcknowledged(_ counts: [UInt64], topics: [String]) {
      if acknowledgedByTopic.count > counts.count { acknowledgedByTopic.removeAll() }
      for (index, count) in counts.enumerated() {
        if index == acknowledgedByTopic.count {
          acknowledgedByTopic.append((topics[index], count))
        } else if acknowledgedByTopic[index].topic == topics[index] {
          acknowledgedByTopic[index].count = count
        } else {
          acknowledgedByTopic[index] = (topics[index], count)
        }
      }
    }

    /// WAL that the server keeps for the slot, by what it last told.
    public var lagBytes: UInt64 { serverEnd.bytes(since: confirmed) }
  }

  /// Commit to acknowledgement of whole transactions, in microseconds.
  public struct Latency: Sendable {
    public var count: UInt64
    public var p50: UInt64
    public var p99: UInt64
    public var max: UInt64
  }

  private let report: Mutex<Report>
  private let histogram: Mutex<Histogram<UInt64>>

  public init(name: String) {
    report = Mutex(Report(name: name))
    // Up to ten minutes; beyond that only "more" matters.
    histogram = Mutex(
      Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .two))
  }

  public var current: Report { report.withLock { $0 } }

  func update(_ body: (inout Report) -> Void) { report.withLock { body(&$0) } }

  func record(_ observations: inout LoopObservations) {
    histogram.withLock { histogram in
      observations.takeLatencies { _ = histogram.record(UInt64(min($0, 600_000_000))) }
    }
  }

  public var latency: Latency {
    histogram.withLock { histogram in
      Latency(
        count: histogram.totalCount, p50: histogram.valueAtPercentile(50), p99: histogram.valueAtPercentile(99),
        max: histogram.totalCount == 0 ? 0 : histogram.max)
    }
  }

  /// The whole distribution: values in microseconds by percentile, ever closer steps towards the largest.
  public var latencyPercentiles: [(percentile: Double, microseconds: UInt64)] {
    histogram.withLock { histogram in
      histogram.percentiles(ticksPerHalfDistance: 5).map { ($0.percentile, $0.value) }
    }
  }

  /// Starts a new measurement of latency.
  public func resetLatency() { histogram.withLock { $0.reset() } }
}
