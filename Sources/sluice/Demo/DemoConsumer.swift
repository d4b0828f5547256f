import KafkaSink
import RelayRuntime
import Synchronization
import TerminalScreens

/// Reads all of the demo's topics while they are written, on a thread of its own, and counts. It must keep up: the
/// in-process broker forgets all but the newest few megabytes of a partition.
final class DemoConsumer: Sendable {
  struct Seen: Sendable {
    /// Records by topic, each counted once.
    var counts: [String: Int] = [:]
    /// Records that came again.
    var repeats = 0
    /// Newest last.
    var recent: [EventRecord] = []
    var isReady = false
    var hasEnded = false
    var failure: KafkaError?
  }

  private let seen = Mutex(Seen())
  private let stops = Atomic<Bool>(false)

  /// The bank's topics, captured tables and events alike.
  static let pattern = #"^fintech\."#
  /// Records kept for the screen at most, and copied from one poll.
  private static let recentMax = DemoScreen.eventsMax
  private static let copiesPerPoll = 6

  /// Starts at the current end of topics that exist: a real Kafka may hold an earlier demo's.
  init(properties: [(name: String, value: String)]) {
    RelayThread.start(name: "demo-consumer") { [self] in
      do throws(KafkaError) {
        try read(properties)
      } catch {
        seen.withLock { $0.failure = error }
      }
      seen.withLock { $0.hasEnded = true }
    }
  }

  var current: Seen { seen.withLock { $0 } }

  func stop() { stops.store(true, ordering: .relaxed) }

  private func read(_ properties: [(name: String, value: String)]) throws(KafkaError) {
    var consumer = try KafkaConsumer(properties: properties, metadataRefreshMilliseconds: 300)
    try consumer.assign([DemoConsumer.pattern], from: .end, timeoutMilliseconds: 10_000)
    seen.withLock { $0.isReady = true }
    var counts: [String: Int] = [:]
    var copied: [EventRecord] = []
    var known = SeenRecords()
    while !stops.load(ordering: .relaxed) {
      counts.removeAll(keepingCapacity: true)
      copied.removeAll(keepingCapacity: true)
      var repeats = 0
      let result = try consumer.poll(timeoutMilliseconds: 50) { record in
        let topic = record.topic
        guard known.insert(record, topic: topic) else {
          repeats += 1
          return
        }
        counts[topic, default: 0] += 1
        // A few of each kind; all alerts, which are rare and what everybody waits to see.
        let isShown = copied.count < DemoConsumer.copiesPerPoll && counts[topic, default: 0] <= 2
        if isShown || topic.hasSuffix("alert_raised") {
          copied.append(EventRecord(record.copied()))
        }
      }
      for case .error(let error) in result.events where error.isFatal || error.kind == .authentication { throw error }
      guard result.recordCount > 0 else { continue }
      seen.withLock { seen in
        for (topic, count) in counts { seen.counts[topic, default: 0] += count }
        seen.repeats += repeats
        seen.recent = Array((seen.recent + copied).suffix(DemoConsumer.recentMax))
      }
    }
  }
}
