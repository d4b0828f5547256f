/// What records in flight take, and may take: as librdkafka counts, but over all clients of a producer, and so that one record
/// always has room.
///
/// librdkafka keeps some 4.3 KiB of each topic of one partition, which no setting lowers, and the relay another of its table:
/// beyond `topicsMax` topics, records give up what topics take, so that the process stays as large as it is. Fewer in flight
/// are less rate where thousands of partitions are busy at a time, since each is sent a request of its own, and little otherwise.
struct InFlightMemory {
  /// librdkafka's message and what stands beside it, by what the process grew per record in flight.
  static let recordBytes = 400
  static let topicsMax = 2_750
  static let topicBytes = 5_500
  static let bytesMin = 2 << 20
  /// What 8 MiB of values take with that, where records are of half a KiB.
  static let bytesMax = 14 << 20

  /// `queue.buffering.max.kbytes`, which is of values alone.
  private let valueBytesMax: Int
  /// `queue.buffering.max.messages`
  private let countMax: Int
  private(set) var count = 0
  private(set) var valueBytes = 0
  /// With keys and what stands beside.
  private(set) var bytes = 0
  /// Of `bytes`; none up to `topicsMax` topics.
  private(set) var bytesLimit = Int.max

  init(valueBytesMax: Int, countMax: Int) {
    self.valueBytesMax = valueBytesMax
    self.countMax = countMax
  }

  mutating func topicAdded(_ count: Int) {
    let beyond = count - InFlightMemory.topicsMax
    guard beyond > 0 else { return }
    bytesLimit = max(InFlightMemory.bytesMin, InFlightMemory.bytesMax - beyond * InFlightMemory.topicBytes)
  }

  @inline(__always)
  func hasRoom(valueBytes more: Int) -> Bool {
    count == 0 || (count < countMax && valueBytes + more <= valueBytesMax && bytes < bytesLimit)
  }

  @inline(__always)
  mutating func add(valueBytes more: Int, keyBytes: Int) {
    count += 1
    valueBytes += more
    bytes += InFlightMemory.recordBytes + more + keyBytes
  }

  @inline(__always)
  mutating func remove(valueBytes less: Int, keyBytes: Int) {
    count -= 1
    valueBytes -= less
    bytes -= InFlightMemory.recordBytes + less + keyBytes
  }
}
