/// The rule of at-least-once delivery in order, over one topic: each key's versions count from 1; one may come again, but
/// none may be passed over, and none that was rolled back may come.
struct DeliveredVersions {
  private(set) var newest: [Int: Int] = [:]
  private(set) var repeated = 0

  /// What is wrong with this record, coming now; `nil` when it may come.
  mutating func take(_ value: [UInt8]?) -> String? {
    guard let value, let item = Item(record: value) else { return "a record without key and version" }
    if item.version == Item.rolledBackVersion { return "key \(item.key) has a version that was rolled back" }
    let before = newest[item.key] ?? 0
    if item.version <= before { repeated += 1 }
    newest[item.key] = max(before, item.version)
    return item.version > before + 1 ? "key \(item.key) has version \(item.version) after \(before)" : nil
  }

  /// What did not come of these newest versions.
  func missing(_ committed: [Int: Int]) -> [Item] {
    committed.filter { newest[$0.key] ?? 0 < $0.value }.map { Item(key: $0.key, version: $0.value) }
  }
}
