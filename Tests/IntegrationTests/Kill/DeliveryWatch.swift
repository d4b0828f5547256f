import Foundation
import KafkaSink
import Synchronization

/// Reads topics all the time, since the embedded broker keeps only the newest megabytes, and checks each key's versions
/// as they come: one may come again, but none may be passed over.
final class DeliveryWatch: Sendable {
  private struct State {
    var isStopping = false
    var isDone = false
    var topics: [String: DeliveredVersions] = [:]
    var records = 0
    var problems: [String] = []
    var firstRecordAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  init(bootstrapServers: String, topics: [String]) throws {
    let properties = [
      (name: "bootstrap.servers", value: bootstrapServers), (name: "fetch.wait.max.ms", value: "10"),
    ]
    var consumer = try KafkaConsumer(properties: properties)
    try consumer.assign(topics, from: .beginning)
    let box = Mutex<KafkaConsumer?>(consumer)
    let thread = Thread { [self] in
      guard var consumer = box.withLock({ $0.take() }) else { return }
      while !state.withLock({ $0.isStopping }) {
        do {
          _ = try consumer.poll(timeoutMilliseconds: 50) { take($0.topic, $0.copied().value) }
        } catch {
          state.withLock { $0.problems.append("consumer: \(error)") }
          break
        }
      }
      state.withLock { $0.isDone = true }
    }
    thread.start()
  }

  private func take(_ topic: String, _ value: [UInt8]?) {
    state.withLock { state in
      state.records += 1
      if state.firstRecordAt == nil { state.firstRecordAt = .now }
      if let problem = state.topics[topic, default: DeliveredVersions()].take(value) {
        state.problems.append("\(topic): \(problem)")
      }
    }
  }

  /// Records whose version, or a later one, had come.
  var repeated: Int { state.withLock { $0.topics.values.reduce(0) { $0 + $1.repeated } } }
  var records: Int { state.withLock { $0.records } }
  var firstRecordAt: ContinuousClock.Instant? { state.withLock { $0.firstRecordAt } }
  var problems: [String] { state.withLock { $0.problems } }

  /// What a topic lacks of these versions.
  func missing(_ committed: [Int: Int], topic: String) -> [Item] {
    state.withLock { ($0.topics[topic] ?? DeliveredVersions()).missing(committed) }
  }

  func stop() {
    state.withLock { $0.isStopping = true }
    try? waitUntil("the consumer stops", within: .seconds(10)) { state.withLock { $0.isDone } }
  }
}
