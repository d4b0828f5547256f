import Primitives

/// From the bytes of a routing column to a topic, without a `String` per row. Filled as values are met; emptied when it
/// has grown to its bound, so that a column with unbounded values costs time, never memory.
public struct RouteCache: Sendable {
  struct Entry: Sendable {
    let bytes: [UInt8]
    let topic: Int
  }

  /// How many values are remembered.
  public static let entriesMax = 4096

  private var buckets: [UInt64: [Entry]] = [:]
  private var count = 0

  public init() {}

  public func topic(for value: RawSpan) -> Int? {
    guard let bucket = buckets[RouteCache.hash(value)] else { return nil }
    for entry in bucket where RouteCache.equal(value, entry.bytes) { return entry.topic }
    return nil
  }

  public mutating func remember(_ value: RawSpan, topic: Int) {
    if count >= RouteCache.entriesMax {
      buckets.removeAll()
      count = 0
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.byteCount)
    for offset in 0..<value.byteCount { bytes.append(value.byte(at: offset)) }
    buckets[RouteCache.hash(value), default: []].append(Entry(bytes: bytes, topic: topic))
    count += 1
  }

  /// FNV-1a, 64 bits. Collisions only cost a comparison; the dictionary hashes the result again with its own seed.
  private static func hash(_ value: RawSpan) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for offset in 0..<value.byteCount {
      hash = (hash ^ UInt64(value.byte(at: offset))) &* 0x100_0000_01b3
    }
    return hash
  }

  private static func equal(_ value: RawSpan, _ bytes: [UInt8]) -> Bool {
    guard value.byteCount == bytes.count else { return false }
    for offset in 0..<bytes.count where value.byte(at: offset) != bytes[offset] { return false }
    return true
  }
}
