import Primitives

/// What the `data` of a signal asks for. Members that no action knows are passed over, as Debezium passes over them.
/// Source: Debezium 3.6, `AbstractSnapshotSignal`, `ExecuteSnapshot`, `StopSnapshot`, `Log`.
public struct SignalData: Sendable, Equatable {
  public enum SnapshotType: Sendable, Equatable {
    case incremental
    case blocking
  }

  /// An SQL condition for the tables whose name matches: `additional-conditions`.
  public struct Condition: Sendable, Equatable {
    /// Java regular expression that must match the whole name, whatever its case.
    public var pattern: String
    public var filter: String
  }

  /// Why a signal cannot be followed.
  public struct Refusal: Error, Sendable, Equatable {
    public let reason: String
    public init(reason: String) { self.reason = reason }
  }

  /// `data-collections`; `nil` where the member is missing or empty.
  public var collections: [String]?
  public var type = SnapshotType.incremental
  public var conditions: [Condition] = []
  public var surrogateKey: String?
  /// Of the action `log`.
  public var message: String?
  /// `additional-condition`, which Debezium 3 no longer reads.
  public var hasLegacyCondition = false

  /// A missing or empty text is an empty object.
  public init(_ text: String?) throws(Refusal) {
    guard let text, !text.isEmpty else { return }
    let bytes = Array(text.utf8)
    let start = bytes.firstIndex { !SignalData.isSpace($0) } ?? bytes.endIndex
    guard case .object(let object) = SignalData.parse(Array(bytes[start...])) else {
      throw Refusal(reason: "its data is no JSON object")
    }
    for (name, value) in object.members {
      switch String(decoding: name, as: UTF8.self) {
      case "data-collections": collections = try SignalData.texts(value, name: "data-collections")
      case "type": type = try SignalData.snapshotType(value)
      case "additional-conditions": conditions = try SignalData.conditions(value)
      case "surrogate-key": surrogateKey = SignalData.text(value).flatMap { SignalData.isBlank($0) ? nil : $0 }
      case "message": message = SignalData.text(value)
      case "additional-condition": hasLegacyCondition = true
      default: break
      }
    }
    if collections?.isEmpty == true { collections = nil }
  }

  private static func parse(_ bytes: [UInt8]) -> PayloadNode? {
    var parser = unsafe PayloadExpansionParser(bytes.span.bytes)
    return parser.parse()
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy(isSpace) }

  private static func text(_ node: PayloadNode) -> String? {
    guard case .text(let bytes) = node else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func trimmed(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 }) else {
      return ""
    }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  private static func texts(_ node: PayloadNode, name: String) throws(Refusal) -> [String]? {
    guard case .array(let elements) = node else { return nil }
    var texts: [String] = []
    for element in elements {
      guard let text = text(element) else { throw Refusal(reason: "\(name) holds something else than texts") }
      texts.append(trimmed(text))
    }
    return texts
  }

  private static func snapshotType(_ node: PayloadNode) throws(Refusal) -> SnapshotType {
    guard let word = text(node) else { return .incremental }
    switch word.lowercased() {
    case "incremental": return .incremental
    case "blocking": return .blocking
    default: throw Refusal(reason: "the snapshot type \"\(word)\" is neither incremental nor blocking")
    }
  }

  private static func conditions(_ node: PayloadNode) throws(Refusal) -> [Condition] {
    guard case .array(let elements) = node else { return [] }
    var conditions: [Condition] = []
    for element in elements {
      guard case .object(let object) = element else {
        throw Refusal(reason: "additional-conditions holds something else than objects")
      }
      var pattern: String?
      var filter: String?
      for (name, value) in object.members {
        switch String(decoding: name, as: UTF8.self) {
        case "data-collection": pattern = text(value)
        case "filter": filter = text(value)
        default: break
        }
      }
      guard let pattern, let filter else {
        throw Refusal(reason: "an additional condition needs data-collection and filter")
      }
      conditions.append(Condition(pattern: pattern, filter: filter))
    }
    return conditions
  }
}
