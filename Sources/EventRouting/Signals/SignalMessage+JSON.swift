import Primitives

/// Signals as a line of a file or the value of a record: `{"id":…,"type":…,"data":{…}}`.
/// Source: Debezium 3.6, `FileSignalChannel.readSignalString`, `KafkaSignalChannel.processSignal`.
extension SignalMessage {
  /// Throws where the text is no object, or lacks one of the three members.
  public init(json text: [UInt8]) throws(SignalData.Refusal) {
    guard case .object(let object) = SignalMessage.parse(text) else {
      throw SignalData.Refusal(reason: "it is no JSON object")
    }
    var id: String?
    var type: String?
    var data: String?
    for (name, value) in object.members {
      switch String(decoding: name, as: UTF8.self) {
      case "id": id = SignalMessage.text(value)
      case "type": type = SignalMessage.text(value)
      case "data":
        var out = ByteWriter()
        SignalMessage.write(value, into: &out)
        data = String(decoding: out.array, as: UTF8.self)
      default: break
      }
    }
    guard let id, let type, let data else { throw SignalData.Refusal(reason: "it needs id, type and data") }
    self.init(id: id, type: type, data: data)
  }

  private static func parse(_ text: [UInt8]) -> PayloadNode? {
    let start = text.firstIndex { $0 > 0x20 } ?? text.endIndex
    let bytes = Array(text[start...])
    var parser = unsafe PayloadExpansionParser(bytes.span.bytes)
    return parser.parse()
  }

  private static func text(_ node: PayloadNode) -> String? {
    switch node {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .int32(let number): String(number)
    case .int64(let number): String(number)
    default: nil
    }
  }

  /// The value as JSON again. Its depth is bounded by the parser's.
  private static func write(_ node: PayloadNode, into out: inout ByteWriter) {
    switch node {
    // A number too large for its kind is none that a signal has.
    case .null, .bigInteger: out.append("null")
    case .boolean(let flag): out.append(flag ? "true" : "false")
    case .int32(let number): out.append(decimal: Int64(number))
    case .int64(let number): out.append(decimal: number)
    case .double(let number): out.append(utf8: "\(number)")
    case .document(let text): out.append(text)
    case .text(let bytes): JSONText.writeString(String(decoding: bytes, as: UTF8.self), into: &out)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        write(element, into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONText.writeString(String(decoding: member.name, as: UTF8.self), into: &out)
        out.append(UInt8(ascii: ":"))
        write(member.value, into: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }
}
