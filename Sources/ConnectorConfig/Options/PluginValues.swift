/// The options in force of a plugin: what the file sets, checked by the catalogue, and the catalogue's defaults.
public struct PluginValues: Sendable, Hashable {
  private var values: [String: String]
  private var set: Set<String>

  /// - Parameters:
  ///   - values: by name without the plugin's prefix.
  ///   - set: names that the file sets.
  public init(_ values: [String: String], set: Set<String> = []) {
    self.values = values
    self.set = set
  }

  /// Whether the file sets it.
  public func isSet(_ name: String) -> Bool { set.contains(name) }

  public func optionalText(_ name: String) -> String? { values[name] }

  /// For an option that is required or has a default.
  public func text(_ name: String) -> String { values[name] ?? "" }

  /// For an option whose empty text means "not set".
  public func nonEmptyText(_ name: String) -> String? {
    values[name].flatMap { $0.trimmedASCII().isEmpty ? nil : $0 }
  }

  public func boolean(_ name: String) -> Bool { text(name).trimmedASCII().lowercased() == "true" }

  public func integer<Value: FixedWidthInteger>(_ name: String, or fallback: Value) -> Value {
    values[name].flatMap { Value($0.trimmedASCII()) } ?? fallback
  }

  /// Comma-separated, blanks around entries do not count.
  public func list(_ name: String) -> [String] { text(name).splitList() }

  /// A word of an enumeration whose raw values are the words, upper and lower case alike.
  public func word<Value: RawRepresentable<String> & CaseIterable>(_ name: String, or fallback: Value) -> Value {
    let text = text(name).trimmedASCII().lowercased()
    return Value.allCases.first { $0.rawValue.lowercased() == text } ?? fallback
  }
}

extension PluginValues {
  init(_ properties: PropertySet, _ catalogue: [Property]) {
    var values: [String: String] = [:]
    for property in catalogue where !property.isPattern { values[property.name] = property.defaultValue }
    for entry in properties.entries { values[entry.name] = entry.value }
    self.init(values, set: Set(properties.entries.map(\.name)))
  }
}
