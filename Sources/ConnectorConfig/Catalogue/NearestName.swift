/// Finds what a misspelt name was meant to be.
enum NearestName {
  /// The candidate with the fewest edits; nil if none is within a third of the name's length. A name that differs only
  /// in its separators (`_`, `-`, `.`) or its case is always near.
  static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    let bytes = plain(name)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(bytes, plain(candidate))
      if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, min(bytes.count, 24) / 3) else { return nil }
    return best.candidate
  }

  private static func plain(_ name: String) -> [UInt8] {
    name.lowercased().utf8.map { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") ? UInt8(ascii: ".") : $0 }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    // A longer name is no misspelling, and the work grows with the product of the lengths.
    if a.count > 256 || b.count > 256 { return Int.max }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for (row, left) in a.enumerated() {
      var current = [row + 1]
      for (column, right) in b.enumerated() {
        var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (left == right ? 0 : 1))
        if row > 0, column > 0, left == b[column - 1], a[row - 1] == right {
          distance = min(distance, beforeLast[column - 1] + 1)
        }
        current.append(distance)
      }
      beforeLast = last
      last = current
    }
    return last[b.count]
  }
}
