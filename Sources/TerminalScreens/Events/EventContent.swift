/// What a record is about, found out from its bytes.
public struct EventContent: Sendable, Equatable {
  public enum Body: Sendable, Equatable {
    /// Debezium's envelope: the row before and after, as far as it has them.
    case change(before: JSONNode?, after: JSONNode?)
    /// An event routed from an outbox, or any other JSON.
    case document(JSONNode)
    /// UTF-8 that is not JSON.
    case text(String)
    /// Neither.
    case bytes([UInt8])
    case tombstone
  }

  /// One word: `create`, `update`, `delete`, `read` (snapshot), `truncate`, `message`, `event`, `record`, `tombstone`.
  public let kind: String
  /// What it happened to: the event type of an outbox event, else the table, else the topic.
  public let subject: String
  public let body: Body

  /// Header that an outbox event has; its absence does no harm where the topic's name tells.
  static let eventTypeHeader = "event_type"

  public init(_ record: EventRecord) {
    guard let value = record.value else {
      self.init(kind: "tombstone", subject: EventContent.lastPart(of: record.topic), body: .tombstone)
      return
    }
    guard let text = String(validating: value, as: UTF8.self) else {
      self.init(kind: "record", subject: EventContent.lastPart(of: record.topic), body: .bytes(value))
      return
    }
    let eventType = record.headerText(EventContent.eventTypeHeader) ?? EventContent.eventType(of: record.topic)
    guard let node = JSONNode(text) else {
      self.init(
        kind: eventType == nil ? "record" : "event", subject: eventType ?? EventContent.lastPart(of: record.topic),
        body: .text(text))
      return
    }
    // With schemas.enable the value is {"schema": …, "payload": …}.
    let payload = node["schema"] != nil ? node["payload"] ?? node : node
    if let op = payload["op"]?.scalarText, let word = EventContent.words[op], payload["source"] != nil {
      let table = payload["source"]?["table"]?.scalarText
      self.init(
        kind: word, subject: table ?? EventContent.lastPart(of: record.topic),
        body: .change(before: EventContent.row(payload["before"]), after: EventContent.row(payload["after"])))
      return
    }
    self.init(
      kind: eventType == nil ? "record" : "event", subject: eventType ?? EventContent.lastPart(of: record.topic),
      body: .document(payload))
  }

  private init(kind: String, subject: String, body: Body) {
    self.kind = kind
    self.subject = subject
    self.body = body
  }

  /// Source: Debezium's manual, PostgreSQL connector, "Change events values".
  private static let words = [
    "c": "create", "u": "update", "d": "delete", "r": "read", "t": "truncate", "m": "message",
  ]

  private static func row(_ node: JSONNode?) -> JSONNode? { node?.isNull == true ? nil : node }

  /// `fintech.events.transaction.created` → `transaction.created`.
  private static func eventType(of topic: String) -> String? {
    let parts = topic.split(separator: ".", omittingEmptySubsequences: false)
    guard let place = parts.firstIndex(of: "events"), place + 1 < parts.count else { return nil }
    return parts[(place + 1)...].joined(separator: ".")
  }

  private static func lastPart(of topic: String) -> String {
    topic.split(separator: ".").last.map(String.init) ?? topic
  }
}
