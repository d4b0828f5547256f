/// JSON for people to read: nothing is converted, so that what is shown is what was written. Numbers and strings keep
/// their characters; a string keeps its escapes until someone asks for its text.
public indirect enum JSONNode: Equatable, Sendable {
  public struct Member: Equatable, Sendable {
    /// As between the quotes, escapes included.
    public var rawName: String
    public var value: JSONNode

    public var name: String { JSONEscapes.decoded(rawName) }
  }

  case object([Member])
  case array([JSONNode])
  /// What stands between the quotes, escapes included.
  case string(raw: String)
  /// A number, `true`, `false` or `null`.
  case bare(String)

  /// `nil` where the text is not one JSON value, or is nested deeper than `JSONReader.depthMax`.
  public init?(_ text: String) {
    var reader = JSONReader(text)
    guard let node = reader.readDocument() else { return nil }
    self = node
  }

  /// The first member of this name, `nil` also where this is no object.
  public subscript(_ name: String) -> JSONNode? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  public var isNull: Bool { self == .bare("null") }

  /// Text of a string, a number or a truth value; `nil` for null, objects and arrays.
  public var scalarText: String? {
    switch self {
    case .string(let raw): JSONEscapes.decoded(raw)
    case .bare(let text): text == "null" ? nil : text
    case .object, .array: nil
    }
  }

  /// JSON text on one line, without white space.
  public var compactText: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\"\($0.rawName)\":\($0.value.compactText)" }.joined(separator: ",") + "}"
    case .array(let elements): "[" + elements.map(\.compactText).joined(separator: ",") + "]"
    case .string(let raw): "\"\(raw)\""
    case .bare(let text): text
    }
  }

  /// JSON text over several lines, two spaces a level; a short array or object without members stays on its line.
  public func prettyText(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { "\(inner)\"\($0.rawName)\": \($0.value.prettyText(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    case .array(let elements) where elements.contains(where: \.isContainer):
      return "[\n" + elements.map { inner + $0.prettyText(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .array(let elements): return "[" + elements.map(\.compactText).joined(separator: ", ") + "]"
    default: return compactText
    }
  }

  private var isContainer: Bool {
    switch self {
    case .object, .array: true
    case .string, .bare: false
    }
  }
}
