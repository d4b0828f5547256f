/// A JSON value, with numbers as Jackson's tree has them.
indirect enum PayloadNode {
  case null
  case boolean(Bool)
  case int32(Int32)
  case int64(Int64)
  /// Beyond 64 bits: there is a schema for it (double) and no value.
  case bigInteger
  case double(Double)
  /// UTF-8; a surrogate that stands alone is the three bytes that its number would take.
  case text([UInt8])
  case array([PayloadNode])
  case object(PayloadObject)
  /// Exact mode: its own JSON text.
  case document([UInt8])

  enum Kind { case null, boolean, number, text, array, object }

  var kind: Kind {
    switch self {
    case .null: .null
    case .boolean: .boolean
    case .int32, .int64, .bigInteger, .double: .number
    case .text, .document: .text
    case .array: .array
    case .object: .object
    }
  }
}

/// The members of a JSON object in the order of their names' first appearance.
struct PayloadObject {
  private(set) var members: [(name: [UInt8], value: PayloadNode)] = []
  /// Built only for many members, where a search would take too long.
  private var positions: [[UInt8]: Int] = [:]

  private static let searchedMembersMax = 16

  mutating func set(_ name: [UInt8], _ value: PayloadNode) {
    if let position = position(of: name, near: members.count) {
      members[position].value = value
      return
    }
    members.append((name, value))
    if members.count == Self.searchedMembersMax + 1 {
      for (position, member) in members.enumerated() { positions[member.name] = position }
    } else if members.count > Self.searchedMembersMax {
      positions[name] = members.count - 1
    }
  }

  /// Looks at `hint` first.
  func position(of name: [UInt8], near hint: Int) -> Int? {
    if hint < members.count, members[hint].name == name { return hint }
    if members.count > Self.searchedMembersMax { return positions[name] }
    return members.firstIndex { $0.name == name }
  }
}
