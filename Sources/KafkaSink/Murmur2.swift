import Primitives

/// MurmurHash2 as Kafka's Java client computes it, and the partition it puts a key on.
/// Source: Apache Kafka, `org.apache.kafka.common.utils.Utils.murmur2` and `toPositive`.
public enum Murmur2 {
  /// 32 bits, signed as in Java.
  public static func hash(_ bytes: RawSpan) -> Int32 {
    let multiplier: UInt32 = 0x5bd1_e995
    let count = bytes.byteCount
    // Wrapping arithmetic is the definition of the function.
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: count)
    var at = 0
    while count - at >= 4 {
      // The loop's condition is the length check for this load.
      var word = UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt32.self))
      word = word &* multiplier
      word ^= word >> 24
      hash = (hash &* multiplier) ^ (word &* multiplier)
      at += 4
    }
    if count - at == 3 { hash ^= UInt32(bytes.byte(at: at + 2)) << 16 }
    if count - at >= 2 { hash ^= UInt32(bytes.byte(at: at + 1)) << 8 }
    if count - at >= 1 {
      hash ^= UInt32(bytes.byte(at: at))
      hash = hash &* multiplier
    }
    hash ^= hash >> 13
    hash = hash &* multiplier
    hash ^= hash >> 15
    return Int32(bitPattern: hash)
  }

  public static func hash(_ bytes: [UInt8]) -> Int32 { unsafe hash(bytes.span.bytes) }

  /// The partition of a record with this key in a topic of `partitions` partitions.
  public static func partition(ofKey key: RawSpan, partitions: Int32) -> Int32 {
    precondition(partitions > 0)
    return (hash(key) & 0x7fff_ffff) % partitions
  }

  public static func partition(ofKey key: [UInt8], partitions: Int32) -> Int32 {
    unsafe partition(ofKey: key.span.bytes, partitions: partitions)
  }
}
