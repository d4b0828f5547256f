import KafkaSink

/// Which records a consumer has seen, so that one that was sent twice cannot stand in for one that was lost.
///
/// Records are told apart by a hash over topic, key and what the relay's clock has no part in of the value. That two of a
/// million records have the same 64 bits by chance happens once in 37 million demos.
struct SeenRecords {
  private var hashes: Set<UInt64> = []

  /// Beyond so many (about 100 MB) records are only counted.
  static let hashesMax = 5_000_000

  /// False for a record that was seen before.
  mutating func insert(_ record: borrowing ConsumedRecord, topic: String) -> Bool {
    if hashes.count >= SeenRecords.hashesMax { return true }
    var hasher = Hasher()
    hasher.combine(topic)
    if let key = record.key { SeenRecords.combine(key, key.byteCount, into: &hasher) } else { hasher.combine(-1) }
    if let value = record.value {
      SeenRecords.combine(value, SeenRecords.stableLength(value), into: &hasher)
    } else {
      hasher.combine(-1)
    }
    return hashes.insert(UInt64(bitPattern: Int64(hasher.finalize()))).inserted
  }

  /// The first `count` bytes.
  private static func combine(_ span: RawSpan, _ count: Int, into hasher: inout Hasher) {
    hasher.combine(count)
    span.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }

  /// An envelope ends in `,"op":"c","ts_ms":…}`: the time at which the relay made it, which differs when it is sent again.
  private static func stableLength(_ value: RawSpan) -> Int {
    let mark: StaticString = ",\"op\":\""
    return value.withUnsafeBytes { bytes in
      // Operation and three times take less than this.
      let tail = bytes.suffix(160)
      guard tail.count >= mark.utf8CodeUnitCount else { return bytes.count }
      let markBytes = UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
      var place = tail.endIndex - mark.utf8CodeUnitCount
      while place >= tail.startIndex {
        if bytes[place..<place + markBytes.count].elementsEqual(markBytes) { return place }
        place -= 1
      }
      return bytes.count
    }
  }
}
