/// The orders in which Java's hash tables give out their keys. The hash of a text and the growth of the tables are
/// specified (`java.lang.String`, `java.util.HashMap`), so they are stable; keys of one bucket come as they were put in.
public enum JavaHashOrder {
  /// `String.hashCode`: over UTF-16 units.
  public static func hash(_ text: String) -> UInt32 {
    var hash: UInt32 = 0
    // Wraps around, as Java's does.
    for unit in text.utf16 { hash = hash &* 31 &+ UInt32(unit) }
    return hash
  }

  /// The same of a text in UTF-8.
  public static func hash(_ utf8: [UInt8]) -> UInt32 { hash(String(decoding: utf8, as: UTF8.self)) }

  /// What a `HashMap` finds the bucket by: the hash with its upper half mixed in.
  public static func spread(_ hash: UInt32) -> UInt32 { hash ^ hash >> 16 }

  /// Indices in the order of a `HashMap` that began empty.
  public static func map(_ keys: [String]) -> [Int] {
    // It begins with 16 buckets and doubles when it is more than three quarters full.
    var buckets = 16
    while keys.count > buckets * 3 / 4 { buckets *= 2 }
    return order(keys, buckets: buckets)
  }

  /// Indices in the order of `new HashMap<>(map)` of all but the last key, into which the last is then put.
  public static func copiedMapWithOneMore(_ keys: [String]) -> [Int] {
    let copied = keys.count - 1
    var buckets = 16
    if copied > 0 {
      // `(float) size / 0.75f + 1.0f`, up to the next power of two.
      let wanted = Int(Double(copied) / 0.75 + 1)
      buckets = 1
      while buckets < wanted { buckets *= 2 }
    }
    if keys.count > buckets * 3 / 4 { buckets *= 2 }
    return order(keys, buckets: buckets)
  }

  /// Indices in the order of a `ConcurrentHashMap` that began empty.
  public static func concurrentMap(_ keys: [String]) -> [Int] {
    var buckets = 16
    while keys.count >= buckets * 3 / 4 { buckets *= 2 }
    return order(keys, buckets: buckets)
  }

  private static func order(_ keys: [String], buckets: Int) -> [Int] {
    let placed = keys.enumerated().map { index, key in
      (bucket: spread(hash(key)) & UInt32(buckets - 1), index: index)
    }
    return placed.sorted { ($0.bucket, $0.index) < ($1.bucket, $1.index) }.map(\.index)
  }
}
