/// A property as written, its provider references resolved.
struct ResolvedEntry {
  /// Without the prefix of the plugin it belongs to.
  var name: String
  /// As the user wrote it.
  let fullName: String
  let value: String
  let isFromProvider: Bool
  let line: Int

  /// Whether a message may not show the value.
  func isSecret(_ property: Property?, pattern: String?) -> Bool {
    if isFromProvider { return true }
    if case .password = property?.type { return true }
    return SecretNames.contains(fullName, pattern: pattern)
  }

  /// Of those whose names begin with `prefix`, the rest of the names.
  static func within(_ prefix: String, of entries: [ResolvedEntry]) -> [ResolvedEntry] {
    entries.filter { $0.fullName.hasPrefix(prefix) && $0.fullName.utf8.count > prefix.utf8.count }.map {
      var entry = $0
      entry.name = String($0.fullName.dropFirst(prefix.count))
      return entry
    }
  }
}
