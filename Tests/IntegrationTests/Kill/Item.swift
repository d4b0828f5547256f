/// One written or delivered state of a row that the load writes: versions of a key count from 1 without gaps.
struct Item: Hashable, Sendable {
  var key: Int
  var version: Int

  /// What a transaction that is rolled back writes: it must never be seen.
  static let rolledBackVersion = -1

  /// From a record's value: the first `"id"` or `"key"`, and the last `"version"`, as this test writes them.
  init?(record value: [UInt8]) {
    let text = String(decoding: value, as: UTF8.self)
    guard let key = Item.number(after: "\"key\":", in: text), let version = Item.number(after: "\"version\":", in: text)
    else { return nil }
    self.key = key
    self.version = version
  }

  init(key: Int, version: Int) {
    self.key = key
    self.version = version
  }

  private static func number(after name: String, in text: String) -> Int? {
    guard let start = text.range(of: name)?.upperBound else { return nil }
    return Int(text[start...].drop { $0 == " " }.prefix { $0 == "-" || $0.isNumber })
  }
}
