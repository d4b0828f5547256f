import ConnectData
import Primitives

/// A map without a schema as Kafka Connect's transforms build one: a `java.util.HashMap`, whose order is the order in
/// which a converter writes it. Source: `java.util.HashMap` of Java 17 and `String.hashCode`, both specified.
///
/// A bucket that holds so many keys that Java makes a tree of it (eight) is not looked after.
struct JavaHashMap {
  private struct Slot {
    var hash: UInt32
    var entry: ConnectMapEntry
  }

  /// In order of insertion.
  private var slots: [Slot] = []
  private var bucketCount: Int

  /// `new HashMap<>()`
  init() { bucketCount = 16 }

  /// `new HashMap<>(capacity)`
  init(capacity: Int) { bucketCount = JavaHashMap.powerOfTwo(atLeast: capacity) }

  /// `new HashMap<>(map)`
  init(copying entries: [ConnectMapEntry]) {
    bucketCount =
      entries.isEmpty ? 16 : JavaHashMap.powerOfTwo(atLeast: Int(Float(entries.count) / 0.75 + 1))
    for entry in entries { put(entry) }
  }

  private static func powerOfTwo(atLeast count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }

  mutating func put(_ name: String, _ value: ConnectValue) { put(ConnectMapEntry(.text(name), value)) }

  mutating func put(_ entry: ConnectMapEntry) {
    if let index = slots.firstIndex(where: { $0.entry.key == entry.key }) {
      slots[index].entry.value = entry.value
      return
    }
    slots.append(Slot(hash: JavaHashMap.hash(entry.key), entry: entry))
    if slots.count * 4 > bucketCount * 3 { bucketCount *= 2 }
  }

  mutating func remove(_ name: String) {
    let key = ConnectValue.text(name)
    slots.removeAll { $0.entry.key == key }
  }

  /// By bucket, and within one by insertion.
  var entries: [ConnectMapEntry] {
    let mask = UInt32(truncatingIfNeeded: bucketCount - 1)
    return slots.enumerated().map { (bucket: $1.hash & mask, index: $0) }
      .sorted { ($0.bucket, $0.index) < ($1.bucket, $1.index) }.map { slots[$0.index].entry }
  }

  /// Spread as the map does it. Keys of our maps are text.
  private static func hash(_ key: ConnectValue) -> UInt32 {
    guard case .text(let text) = key else { return 0 }
    return JavaHashOrder.spread(JavaHashOrder.hash(text))
  }
}

extension [ConnectMapEntry] {
  /// The value under a name; a null where there is none, as `Map.get`.
  func value(_ name: String) -> ConnectValue {
    let key = ConnectValue.text(name)
    return first { $0.key == key }?.value ?? .null
  }
}
