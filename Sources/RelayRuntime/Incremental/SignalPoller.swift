import EventRouting
import KafkaSink
import Logging
import Synchronization

/// Reads the signals of file and topic on a thread of its own. A line or record that is no signal is told in the log and
/// passed over.
final class SignalPoller: SignalReading, Sendable {
  struct Settings: Sendable {
    /// `signal.file`; `nil` without the channel.
    var file: String?
    /// `signal.kafka.topic`; `nil` without the channel.
    var topic: String?
    var consumerProperties: [(name: String, value: String)] = []
    /// Records with another key are for another connector: `topic.prefix`.
    var key = ""
    /// `signal.poll.interval.ms`
    var intervalMilliseconds: Int64 = 5_000
  }

  private struct Shared {
    var signals: [SignalMessage] = []
    var isStopped = false
  }

  private let settings: Settings
  private let shared = Mutex(Shared())
  private let arrived: WakeUp
  private let wakeUp: WakeUp
  private let logger: Logger

  /// `arrived` wakes the relay's thread. `nil` when no file descriptor is left.
  init?(_ settings: Settings, arrived: WakeUp, logger: Logger) {
    guard let wakeUp = WakeUp() else { return nil }
    self.settings = settings
    self.arrived = arrived
    self.wakeUp = wakeUp
    self.logger = logger
    RelayThread.start(name: "sluice-signals") { [self] in run() }
  }

  func poll() -> SignalMessage? {
    shared.withLock { $0.signals.isEmpty ? nil : $0.signals.removeFirst() }
  }

  func stop() {
    shared.withLock { $0.isStopped = true }
    wakeUp.signal()
  }

  private var isStopped: Bool { shared.withLock { $0.isStopped } }

  /// A reader, which an optional variable cannot hold by itself.
  private final class Topic {
    var reader: CommittedReader
    init(_ reader: consuming CommittedReader) { self.reader = reader }
  }

  private func run() {
    var topic: Topic?
    var lastTopicFailure = ""
    while !isStopped {
      if let path = settings.file { readFile(path) }
      if let name = settings.topic {
        do throws(KafkaError) {
          if topic == nil {
            topic = Topic(try CommittedReader(topic: name, properties: settings.consumerProperties))
          }
          try readTopic(topic!, name)
          lastTopicFailure = ""
        } catch {
          // librdkafka repeats itself while a broker or the topic is away.
          if "\(error)" != lastTopicFailure { logger.warning("signals of topic \(name): \(error)") }
          lastTopicFailure = "\(error)"
        }
      }
      wakeUp.wait(timeoutMilliseconds: Int32(clamping: settings.intervalMilliseconds))
      wakeUp.clear()
    }
  }

  private func readFile(_ path: String) {
    guard let lines = SignalFile(path: path).take() else {
      logger.warning("signal.file \(path) cannot be read and emptied")
      return
    }
    for line in lines { take(line, from: "signal.file \(path)") }
  }

  private func readTopic(_ topic: Topic, _ name: String) throws(KafkaError) {
    // The first call waits, so that an assignment or a fetch that is under way gets its time.
    var wait = 100
    while !isStopped, let record = try topic.reader.next(timeoutMilliseconds: wait) {
      wait = 0
      let key = record.key.map { String(decoding: $0, as: UTF8.self) }
      guard key == settings.key else {
        logger.info("topic \(name): a signal for \(key ?? "nobody") is passed over; this is \(settings.key)")
        continue
      }
      if let value = record.value, !value.isEmpty { take(value, from: "topic \(name)") }
    }
  }

  private func take(_ json: [UInt8], from place: String) {
    do throws(SignalData.Refusal) {
      let signal = try SignalMessage(json: json)
      logger.info("signal '\(signal.id)' of type '\(signal.type ?? "")' from \(place)")
      shared.withLock { $0.signals.append(signal) }
      arrived.signal()
    } catch {
      logger.warning("\(place): a signal is passed over: \(error.reason)")
    }
  }
}
