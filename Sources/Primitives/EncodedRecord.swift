/// One Kafka record, ready for a producer: a scratch object that the row path fills, hands over and clears, record after
/// record. All bytes stand in one buffer; key, value and headers are ranges of it.
public struct EncodedRecord: ~Copyable {
  /// Names of `Header` end with a zero byte in the buffer (not counted in the range), as librdkafka takes them.
  public struct Header: Sendable, Equatable {
    public var name: Range<Int>
    /// `nil` is a null header value.
    public var value: Range<Int>?

    @inlinable
    public init(name: Range<Int>, value: Range<Int>?) {
      self.name = name
      self.value = value
    }
  }

  /// The sink's index of the topic.
  public var topic: Int
  /// `nil` leaves the choice to the partitioner.
  public var partition: Int32?
  /// Milliseconds since 1970; `nil` leaves it to the producer.
  public var timestampMilliseconds: Int64?
  public var bytes: ByteWriter
  /// `nil` is a null key (no bytes).
  public var key: Range<Int>?
  /// `nil` is a null value: a tombstone.
  public var value: Range<Int>?
  public var headers: [Header]
  /// What it begins with and keeps when it is cleared.
  public private(set) var block: HeaderBlock?
  @usableFromInline var keptBytes = 0
  @usableFromInline var keptHeaders = 0

  public init(minimumCapacity: Int = 4096) {
    topic = 0
    bytes = ByteWriter(minimumCapacity: minimumCapacity)
    headers = []
    headers.reserveCapacity(16)
  }

  /// Empties it up to the headers of its block, and keeps its memory.
  @inlinable
  public mutating func clear() {
    partition = nil
    timestampMilliseconds = nil
    key = nil
    value = nil
    if headers.count > keptHeaders { headers.removeLast(headers.count - keptHeaders) }
    bytes.truncate(to: keptBytes)
  }

  /// Empties it, its block included.
  public mutating func removeAll() {
    block = nil
    keptBytes = 0
    keptHeaders = 0
    clear()
  }

  mutating func keepAll(as block: HeaderBlock) {
    self.block = block
    keptBytes = bytes.count
    keptHeaders = headers.count
  }

  /// Clears it, and gives back memory above `limit` bytes.
  public mutating func clear(keepingAtMost limit: Int) {
    clear()
    bytes.shrink(to: limit)
  }

  /// Bytes of key, value and headers, for limits on what is in flight.
  @inlinable
  public var byteCount: Int { bytes.count }
}
