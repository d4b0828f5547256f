/// What records in flight take, and may take.
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
  /// What 8 MiB of keys and values take with that, where records are of half a KiB.
  static let bytesMax = 14 << 20

  private(set) var bytes = 0
  /// No bound up to `topicsMax` topics: librdkafka's own holds.
  private(set) var limit = Int.max

  var isFull: Bool { bytes >= limit }

  mutating func topicAdded(_ count: Int) {
    let beyond = count - InFlightMemory.topicsMax
    guard beyond > 0 else { return }
    limit = max(InFlightMemory.bytesMin, InFlightMemory.bytesMax - beyond * InFlightMemory.topicBytes)
  }

  @inline(__always)
  mutating func add(_ payloadBytes: Int) { bytes += InFlightMemory.recordBytes + payloadBytes }

  @inline(__always)
  mutating func remove(_ payloadBytes: Int) { bytes -= InFlightMemory.recordBytes + payloadBytes }
}
