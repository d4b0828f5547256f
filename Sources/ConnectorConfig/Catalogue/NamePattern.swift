/// A property name with places for what the user chooses.
struct NamePattern: Sendable {
  private enum Part: Equatable {
    case literal([UInt8])
    case digits
    case segment
    case anything
  }

  private static let places: [(String, Part)] = [
    ("(d+)", .digits), ("([^.]+)", .segment), ("(.+)", .anything), ("*", .anything),
  ]

  private let parts: [Part]

  /// Nil for a name without such a place.
  init?(_ name: String) {
    var parts: [Part] = []
    var literal: [UInt8] = []
    var rest = name[...]
    while let first = rest.utf8.first {
      var place: Part?
      if let found = Self.places.first(where: { rest.hasPrefix($0.0) }) {
        place = found.1
        rest = rest.dropFirst(found.0.count)
      } else if rest.hasPrefix("<"), let end = rest.firstIndex(of: ">") {
        place = .segment
        rest = rest[rest.index(after: end)...]
      }
      if let place {
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = []
        parts.append(place)
      } else {
        literal.append(first)
        rest = rest[rest.utf8.index(after: rest.startIndex)...]
      }
    }
    guard !parts.isEmpty else { return nil }
    if !literal.isEmpty { parts.append(.literal(literal)) }
    self.parts = parts
  }

  func matches(_ name: String) -> Bool {
    name.utf8.count <= 4096 && Self.matches(parts[...], Array(name.utf8)[...])
  }

  /// Tries every length of a free part; names and patterns are short.
  private static func matches(_ parts: ArraySlice<Part>, _ name: ArraySlice<UInt8>) -> Bool {
    guard let part = parts.first else { return name.isEmpty }
    let rest = parts.dropFirst()
    if case .literal(let literal) = part {
      return name.starts(with: literal) && matches(rest, name.dropFirst(literal.count))
    }
    var at = name.startIndex
    while at < name.endIndex {
      switch part {
      case .digits where !(0x30...0x39).contains(name[at]): return false
      case .segment where name[at] == UInt8(ascii: "."): return false
      default: break
      }
      at += 1
      if matches(rest, name[at...]) { return true }
    }
    return false
  }
}
