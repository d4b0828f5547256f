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
    var signals: [ChannelSignal] = []
    /// Counts since the start: read from the channels, and settled by the relay.
    var readCount = 0
    var settledCount = 0
    /// What has been read and settled is gone from where it lay.
    var isReleased = false
    var isStopped = false
  }

  private let settings: Settings
  private let followed: SignalMarks
  private let shared = Mutex(Shared())
  private let arrived: WakeUp
  private let wakeUp: WakeUp
  private let logger: Logger

  /// No more is read while so many signals, or bytes of them, wait for the relay.
  private static let waitingMax = 1_000
  private static let waitingBytesMax = 1 << 20

  /// - Parameters:
  ///   - followed: from the state record: an earlier process has followed the channels so far.
  ///   - arrived: wakes the relay's thread.
  /// `nil` when no file descriptor is left.
  init?(_ settings: Settings, followed: SignalMarks, arrived: WakeUp, logger: Logger) {
    guard let wakeUp = WakeUp() else { return nil }
    self.settings = settings
    self.followed = followed
    self.arrived = arrived
    self.wakeUp = wakeUp
    self.logger = logger
    RelayThread.start(name: "sluice-signals") { [self] in run() }
  }

  func poll() -> ChannelSignal? {
    shared.withLock { $0.signals.isEmpty ? nil : $0.signals.removeFirst() }
  }

  func settle(_ count: Int) {
    shared.withLock { $0.settledCount = count }
    wakeUp.signal()
  }

  var isReleased: Bool { shared.withLock { $0.isReleased && $0.settledCount == $0.readCount } }

  func stop() {
    shared.withLock { $0.isStopped = true }
    wakeUp.signal()
  }

  private var isStopped: Bool { shared.withLock { $0.isStopped } }

  /// What only the poller's own thread sees.
  private struct Channels: ~Copyable {
    var file: SignalFile?
    var hasSkippedFile = false
    /// How many signals had been read when the file's last line was.
    var fileCount = 0
    var topic: CommittedReader?
    /// What may be committed once so many signals are settled.
    var topicOffsets: [(count: Int, next: Int64)] = []
    /// Told already: librdkafka repeats itself while a broker or the topic is away.
    var fileFailure = ""
    var topicFailure = ""
  }

  private func run() {
    var channels = Channels()
    channels.file = settings.file.map { SignalFile(path: $0) }
    if settings.topic != nil, let next = followed.topicNext { channels.topicOffsets.append((count: 0, next: next)) }
    while !isStopped {
      if channels.file != nil { readFile(&channels) }
      if let name = settings.topic {
        do throws(KafkaError) {
          if channels.topic == nil {
            channels.topic = try CommittedReader(
              topic: name, properties: settings.consumerProperties, from: followed.topicNext)
          }
          try readTopic(name, &channels)
          channels.topicFailure = ""
        } catch {
          tell("signals of topic \(name): \(error)", &channels.topicFailure)
        }
      }
      release(&channels)
      wakeUp.wait(timeoutMilliseconds: Int32(clamping: settings.intervalMilliseconds))
      wakeUp.clear()
    }
    release(&channels)
  }

  private func tell(_ failure: String, _ last: inout String) {
    if failure != last { logger.warning("\(failure)") }
    last = failure
  }

  private func readFile(_ channels: inout Channels) {
    let place = "signal.file \(settings.file ?? "")"
    if !channels.hasSkippedFile, let prefix = followed.file {
      guard let begins = channels.file?.skip(prefix) else { return }
      if begins { logger.info("\(place): its first \(prefix.byteCount) bytes were followed before the restart") }
    }
    channels.hasSkippedFile = true
    guard let lines = channels.file?.next() else {
      return tell("\(place) cannot be read and emptied, or has more than 1 MiB", &channels.fileFailure)
    }
    channels.fileFailure = ""
    for line in lines { take(line.text, at: .file(line.prefix), from: place) }
    if !lines.isEmpty { channels.fileCount = shared.withLock { $0.readCount } }
  }

  private func readTopic(_ name: String, _ channels: inout Channels) throws(KafkaError) {
    // The first call waits, so that an assignment or a fetch that is under way gets its time.
    var wait = 100
    while !isStopped, mayReadOn, let record = try channels.topic?.next(timeoutMilliseconds: wait) {
      wait = 0
      let key = record.key.map { String(decoding: $0.prefix(100), as: UTF8.self) }
      if record.key.map({ $0.elementsEqual(settings.key.utf8) }) == true {
        if let value = record.value, !value.isEmpty {
          take(value, at: .topic(next: record.offset + 1), from: "topic \(name)")
        }
      } else {
        logger.info("topic \(name): a signal for \(key ?? "nobody") is passed over; this is \(settings.key)")
      }
      let count = shared.withLock { shared in
        shared.isReleased = false
        return shared.readCount
      }
      if channels.topicOffsets.last?.count == count { channels.topicOffsets.removeLast() }
      channels.topicOffsets.append((count, record.offset + 1))
    }
  }

  private var mayReadOn: Bool {
    shared.withLock { shared in
      shared.signals.count < SignalPoller.waitingMax
        && shared.signals.reduce(0) { $0 + $1.message.byteCount } < SignalPoller.waitingBytesMax
    }
  }

  private func take(_ json: [UInt8], at mark: SignalMark, from place: String) {
    do throws(SignalData.Refusal) {
      guard json.count <= SignalMessage.bytesMax else {
        throw SignalData.Refusal(reason: "it has \(json.count) bytes, and \(SignalMessage.bytesMax) are the most")
      }
      let signal = try SignalMessage(json: json)
      logger.info("signal '\(signal.id)' of type '\(signal.type ?? "")' from \(place)")
      shared.withLock {
        $0.signals.append(ChannelSignal(signal, at: mark))
        $0.readCount += 1
        $0.isReleased = false
      }
      arrived.signal()
    } catch {
      logger.warning("\(place): a signal is passed over: \(error.reason)")
    }
  }

  /// Cuts off and commits what is settled.
  private func release(_ channels: inout Channels) {
    let settled = shared.withLock { $0.settledCount }
    let isFileCut = channels.file == nil || (channels.fileCount <= settled && channels.file?.cut() == true)
    if channels.topic != nil, let next = channels.topicOffsets.last(where: { $0.count <= settled })?.next {
      do throws(KafkaError) {
        try channels.topic?.commit(next)
        channels.topicOffsets.removeAll { $0.count <= settled }
      } catch {
        tell(
          "signals of topic \(settings.topic ?? ""): what is followed cannot be committed: \(error)",
          &channels.topicFailure)
      }
    }
    let isReleased =
      isFileCut && channels.topicOffsets.isEmpty && (channels.file == nil || channels.hasSkippedFile)
    guard isReleased else { return }
    let isNews = shared.withLock { shared in
      defer { shared.isReleased = true }
      return !shared.isReleased
    }
    // The marks may be forgotten.
    if isNews { arrived.signal() }
  }
}
