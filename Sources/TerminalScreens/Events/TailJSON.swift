/// Events as `sluice tail --json` prints them: one JSON object a line.
///
/// Keys and values that are JSON objects or arrays stand as such, every number as it was written; other UTF-8 is a string,
/// other bytes are `{"hex": "…"}`, nothing is null. A header name that comes more than once has an array of its values.
public enum TailJSON {
  public static func line(_ record: EventRecord) -> String {
    var members = [
      "\"topic\":\(JSONEscapes.quoted(record.topic))", "\"partition\":\(record.partition)",
      "\"offset\":\(record.offset)",
      "\"timestamp\":\(record.timestampMilliseconds.map { String($0) } ?? "null")", "\"key\":\(node(record.key))",
      "\"value\":\(node(record.value))",
    ]
    var names: [String] = []
    for header in record.headers where !names.contains(header.name) { names.append(header.name) }
    let headers = names.map { name in
      let values = record.headers.filter { $0.name == name }.map { scalar($0.value) }
      let text = values.count == 1 ? values[0] : "[" + values.joined(separator: ",") + "]"
      return "\(JSONEscapes.quoted(name)):\(text)"
    }
    members.append("\"headers\":{" + headers.joined(separator: ",") + "}")
    return "{" + members.joined(separator: ",") + "}"
  }

  private static func node(_ bytes: [UInt8]?) -> String {
    guard let bytes, let text = String(validating: bytes, as: UTF8.self), let node = JSONNode(text) else {
      return scalar(bytes)
    }
    switch node {
    case .object, .array: return node.compactText
    // A bare `123` could be a text as well as a number; as text nothing is lost.
    case .string, .bare: return scalar(bytes)
    }
  }

  private static func scalar(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "null" }
    if let text = String(validating: bytes, as: UTF8.self) { return JSONEscapes.quoted(text) }
    return "{\"hex\":\"\(HexText.text(bytes, bytesMax: .max).dropFirst(2))\"}"
  }
}
