import Primitives

/// What the loop has seen, as plain numbers: read between turns by the thread that owns the loop, and published from there.
public struct LoopObservations: Sendable {
  /// Frames read since the start.
  public var frames: UInt64 = 0
  public var recordsAccepted: UInt64 = 0
  public var recordsAcknowledged: UInt64 = 0
  public var transactions: UInt64 = 0
  /// Turns that ended with the producer's queue full.
  public var fullTurns: UInt64 = 0
  /// End of WAL on the server, as far as it has told.
  public var serverEnd = LSN.invalid
  /// Last position told to the server as flushed.
  public var confirmed = LSN.invalid
  /// Why the state record cannot be written just now.
  public var storeFailure: String?
  /// Acknowledged records by the pipeline's index of the topic.
  public private(set) var acknowledgedByTopic: [UInt64] = []
  /// Commit to acknowledgement of whole transactions since `takeLatencies`, in microseconds; bounded.
  private var latencies: [Int64] = []

  /// At most so many latencies are kept between two calls of `takeLatencies`; the rest of that interval is not sampled.
  static let latenciesMax = 4096

  public init() {}

  mutating func acknowledged(topic: Int) {
    recordsAcknowledged += 1
    while acknowledgedByTopic.count <= topic { acknowledgedByTopic.append(0) }
    acknowledgedByTopic[topic] += 1
  }

  mutating func latency(microseconds: Int64) {
    if latencies.count < LoopObservations.latenciesMax { latencies.append(max(0, microseconds)) }
  }

  /// Lends the latencies since the last call, and forgets them without giving up their memory.
  public mutating func takeLatencies(_ body: (Int64) -> Void) {
    for latency in latencies { body(latency) }
    latencies.removeAll(keepingCapacity: true)
  }
}
