import Foundation
import KafkaSink
import Synchronization

/// Reads flattened records of tables `id`, `v` all the time and keeps the last state of each key. `v` only grows, over all
/// rows: a row of an incremental snapshot that is older than what came before is a fault.
final class LastStates: Sendable {
  struct Topic {
    var rows: [Int: Int] = [:]
    var newest: [Int: Int] = [:]
    /// Rows read by the first snapshot, and by the incremental one that goes on with it.
    var firstReads = 0
    var laterReads = 0

    /// Returns what is wrong with the record.
    mutating func take(_ id: Int, _ operation: String, _ object: [String: Any], topic: String) -> [String] {
      if operation == "d" {
        rows[id] = nil
        return []
      }
      let version = object["v"] as? Int ?? -1
      let known = newest[id] ?? version
      rows[id] = version
      newest[id] = max(version, known)
      guard operation == "r" else { return [] }
      guard object["__source_snapshot"] as? String == "incremental" else {
        firstReads += 1
        return []
      }
      laterReads += 1
      return version < known ? ["\(topic): key \(id) goes back from \(known) to \(version)"] : []
    }
  }

  private struct State {
    var isStopping = false
    var isDone = false
    var topics: [String: Topic] = [:]
    var problems: [String] = []
  }

  private let state = Mutex(State())

  init(bootstrapServers: String, topics: [String]) throws {
    var consumer = try KafkaConsumer(properties: [
      (name: "bootstrap.servers", value: bootstrapServers), (name: "fetch.wait.max.ms", value: "10"),
    ])
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
    let object = value.flatMap { try? JSONSerialization.jsonObject(with: Data($0)) } as? [String: Any]
    state.withLock { state in
      guard let object, let id = object["id"] as? Int, let operation = object["__op"] as? String else {
        state.problems.append("\(topic): \(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")")
        return
      }
      // In place: a copy of all keys for each record would never catch up.
      state.problems += state.topics[topic, default: Topic()].take(id, operation, object, topic: topic)
    }
  }

  subscript(topic: String) -> Topic { state.withLock { $0.topics[topic] ?? Topic() } }
  var problems: [String] { state.withLock { $0.problems } }

  func stop() {
    state.withLock { $0.isStopping = true }
    while !state.withLock({ $0.isDone }) { usleep(1_000) }
  }
}
