/// The checked properties of a connector, a worker or a plugin, read by name with the catalogue's defaults.
struct PropertySet {
  private let catalogue: [Property]
  private let byName: [String: Property]
  /// What the file sets and the catalogue accepts, in the file's order.
  private(set) var entries: [ResolvedEntry] = []
  private var values: [String: ResolvedEntry] = [:]
  private let secretPattern: String?

  /// Checks `entries` against the catalogue and keeps those that pass. Everything wrong is told to `problems`.
  ///
  /// `prefix` stands before the names in messages; `alsoKnown` are names that only count for suggestions.
  init(
    _ entries: [ResolvedEntry], catalogue: [Property], prefix: String = "", alsoKnown: [String] = [],
    secretPattern: String? = nil, problems: inout ProblemCollector
  ) {
    self.catalogue = catalogue
    byName = Dictionary(catalogue.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.secretPattern = secretPattern
    for entry in entries {
      guard let property = property(named: entry.name) else {
        let known = (catalogue.filter { !$0.isPattern }.map(\.name) + alsoKnown)
        problems.add(
          .error, line: entry.line, entry.fullName, "there is no such property",
          Self.hint(for: entry.name, among: known, prefix: prefix))
        continue
      }
      if check(entry, property, &problems) {
        self.entries.append(entry)
        values[entry.name] = entry
      }
    }
    for property in catalogue where property.isRequired && !entries.contains(where: { $0.name == property.name }) {
      let name = prefix + property.name
      if !problems.failed.contains(name) { problems.add(.error, name, "is missing and has no default", "Set it") }
    }
  }

  func property(named name: String) -> Property? {
    if let exact = byName[name], !exact.isPattern { return exact }
    return catalogue.first { $0.isPattern && $0.matches(name) }
  }

  /// Whether the entry can be used.
  private func check(_ entry: ResolvedEntry, _ property: Property, _ problems: inout ProblemCollector) -> Bool {
    let isSecret = entry.isSecret(property, pattern: secretPattern)
    let shown = isSecret ? "the value" : "\"\(entry.value)\""
    let name = property.shownName(of: entry.fullName)
    func allowed() -> String? {
      property.defaultValue.map { $0.isEmpty ? "Leave it out" : "Leave it out or set it to \($0)" } ?? "Leave it out"
    }
    if property.isDefault(entry.value) {
      // Whatever is said of other values does not concern the default.
      if case .string = property.type { return true }
      return !(property.isRequired && entry.value.trimmedASCII().isEmpty)
        || complain(entry, name, "must not be empty", &problems)
    }
    if let complaint = property.type.complaint(about: entry.value) {
      // Whether words or a rule, what is allowed stands in the complaint.
      if case .text = property.type { return complain(entry, name, "\(shown): \(complaint)", &problems) }
      if case .regex = property.type {
        return complain(entry, name, isSecret ? "the value \(complaint)" : "\(shown) \(complaint)", &problems)
      }
      return complain(entry, name, "\(shown) \(complaint)", &problems)
    }
    switch property.support {
    case .refused(let reason):
      problems.add(.error, line: entry.line, name, "\(shown): \(reason)", allowed())
      return false
    case .acceptedNoEffect, .supported:
      if let reason = property.refusedValues[property.type.normalized(entry.value)] {
        problems.add(.error, line: entry.line, name, "\(shown): \(reason)", allowed())
        return false
      }
      if case .acceptedNoEffect(let reason) = property.support {
        problems.add(.notice, line: entry.line, name, "has no effect: \(reason)")
      }
      return true
    }
  }

  private func complain(
    _ entry: ResolvedEntry, _ name: String, _ message: String, _ problems: inout ProblemCollector
  ) -> Bool {
    problems.add(.error, line: entry.line, name, message)
    return false
  }

  private static func hint(for name: String, among known: [String], prefix: String) -> String? {
    if prefix.isEmpty, let newName = RenamedProperties.newNames[name] { return "It is called \(newName) now" }
    return NearestName.of(name, in: known).map { "Did you mean \(prefix)\($0)?" }
  }

  // MARK: Reading

  func isSet(_ name: String) -> Bool { values[name] != nil }

  func entry(_ name: String) -> ResolvedEntry? { values[name] }

  /// The entry's name for messages, without what is secret in it.
  func shownName(of entry: ResolvedEntry) -> String {
    property(named: entry.name)?.shownName(of: entry.fullName) ?? entry.fullName
  }

  /// The text in force: the file's, else the default.
  func optionalText(_ name: String) -> String? { values[name]?.value ?? byName[name]?.defaultValue }

  /// For a property that is required or has a default; empty after an error that is already told.
  func text(_ name: String) -> String { optionalText(name) ?? "" }

  /// For a property whose empty text means "not set".
  func nonEmptyText(_ name: String) -> String? { optionalText(name).flatMap { $0.trimmedASCII().isEmpty ? nil : $0 } }

  func integer<Value: FixedWidthInteger>(_ name: String, or fallback: Value) -> Value {
    optionalText(name).flatMap { Value($0.trimmedASCII()) } ?? fallback
  }

  func boolean(_ name: String) -> Bool { text(name).trimmedASCII().lowercased() == "true" }

  /// A word of an enumeration whose raw values are the words.
  func word<Value: RawRepresentable<String> & CaseIterable>(_ name: String, or fallback: Value) -> Value {
    let text = text(name).trimmedASCII().lowercased()
    return Value.allCases.first { $0.rawValue.lowercased() == text } ?? fallback
  }

  func list(_ name: String) -> [String] { text(name).splitList() }

  func regexList(_ name: String) -> [String] { text(name).splitRegexList() }

  func secret(_ name: String) -> Secret? { nonEmptyText(name).map { Secret($0) } }

  /// All that begin with `prefix`, without it.
  func map(_ prefix: String) -> [String: ConfigText] {
    var map: [String: ConfigText] = [:]
    for entry in entries where entry.name.hasPrefix(prefix) && entry.name.utf8.count > prefix.utf8.count {
      map[String(entry.name.dropFirst(prefix.count))] = shown(entry)
    }
    return map
  }

  func shown(_ entry: ResolvedEntry) -> ConfigText {
    ConfigText(entry.value, isSecret: entry.isSecret(property(named: entry.name), pattern: secretPattern))
  }

  /// Everything in force: the catalogue's fixed names in its order, then what patterns took.
  func effective() -> [EffectiveProperty] {
    var effective: [EffectiveProperty] = []
    for property in catalogue where !property.isPattern {
      if let entry = values[property.name] {
        effective.append(Self.effective(entry, shown(entry)))
      } else if let defaultValue = property.defaultValue {
        effective.append(
          EffectiveProperty(name: property.name, value: ConfigText(defaultValue), origin: .defaultValue))
      }
    }
    for entry in entries where byName[entry.name] == nil {
      effective.append(Self.effective(entry, named: shownName(of: entry), shown(entry)))
    }
    return effective
  }

  static func effective(
    _ entry: ResolvedEntry, named name: String? = nil, _ value: ConfigText
  ) -> EffectiveProperty {
    EffectiveProperty(
      name: name ?? entry.fullName, value: value,
      origin: entry.isFromProvider ? .provider(line: entry.line) : .file(line: entry.line))
  }
}
