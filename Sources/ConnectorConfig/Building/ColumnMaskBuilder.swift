import EventRouting
import Primitives

/// Reads the properties whose names say what is done to a column: `column.truncate.to.N.chars`, `column.mask.with.N.chars`,
/// `column.mask.hash.ALGORITHM.with.salt.SALT` and `column.mask.hash.v2.…`.
enum ColumnMaskBuilder {
  static func read(_ set: PropertySet, _ options: inout ConnectorOptions, _ problems: inout ProblemCollector) {
    for entry in set.entries where entry.name.hasPrefix("column.") {
      guard let mask = mask(entry, set, &problems) else { continue }
      options.columnMasks.append(ColumnMaskOptions(patterns: entry.value.splitRegexList(), mask: mask))
    }
  }

  private static func mask(
    _ entry: ResolvedEntry, _ set: PropertySet, _ problems: inout ProblemCollector
  ) -> ColumnMask? {
    let name = entry.name
    if let number = between("column.truncate.to.", ".chars", name) {
      return length(number, most: Int(Int32.max), entry, &problems).map { .truncate(length: $0) }
    }
    if let number = between("column.mask.with.", ".chars", name) {
      return length(number, most: asterisksMax, entry, &problems).map { .asterisks(count: $0) }
    }
    guard let rest = between("column.mask.hash.", "", name), let salt = rest.firstRange(of: ".with.salt.") else {
      return nil
    }
    let isSecond = rest.hasPrefix("v2.")
    let algorithm = String((isSecond ? rest.dropFirst(3) : rest[...])[..<salt.lowerBound])
    guard let digest = MessageDigest(javaName: algorithm) else {
      problems.add(
        .error, line: entry.line, set.shownName(of: entry), "there is no hash algorithm \"\(algorithm)\"",
        "Use MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, SHA-512/256 or SHA3-224 to SHA3-512")
      return nil
    }
    return .hash(digest, salt: Array(rest[salt.upperBound...].utf8), form: isSecond ? .text : .serialized)
  }

  private static func between(_ start: String, _ end: String, _ name: String) -> String? {
    guard name.hasPrefix(start), name.hasSuffix(end), name.utf8.count > start.utf8.count + end.utf8.count else {
      return nil
    }
    return String(name.dropFirst(start.count).dropLast(end.count))
  }

  /// Each masked value has so many.
  private static let asterisksMax = 1 << 16

  private static func length(
    _ number: String, most: Int, _ entry: ResolvedEntry, _ problems: inout ProblemCollector
  ) -> Int? {
    if let length = Int(number), length <= most { return length }
    problems.add(.error, line: entry.line, entry.fullName, "the number in the name must be from 0 to \(most)")
    return nil
  }
}
