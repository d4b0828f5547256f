import ConnectData
import Primitives

/// `hstore`, printed as `"key"=>"value", "key"=>NULL`.
///
/// Debezium reads it into a Java `HashMap`, so entries come in that map's order: by bucket, and within a bucket in the
/// order of insertion. The hash of a Java string and the growth of the table are specified, so the order is stable.
enum HStoreValue {
  struct Entry: Equatable {
    var key: [UInt8]
    var value: [UInt8]?
  }

  static func entries(_ text: RawSpan) throws(ConversionError) -> [Entry] {
    var entries: [Entry] = []
    var at = 0
    let end = text.byteCount
    while at < end {
      if !entries.isEmpty {
        guard text.byte(at: at) == UInt8(ascii: ",") else { throw ConversionError(.malformed, at: at) }
        at += 1
        while at < end, text.byte(at: at) == UInt8(ascii: " ") { at += 1 }
      }
      let key = try quoted(text, &at)
      guard at + 1 < end, text.byte(at: at) == UInt8(ascii: "="), text.byte(at: at + 1) == UInt8(ascii: ">") else {
        throw ConversionError(.malformed, at: at)
      }
      at += 2
      if at + 4 <= end, text.extracting(at..<(at + 4)).equals("NULL") {
        entries.append(Entry(key: key, value: nil))
        at += 4
      } else {
        entries.append(Entry(key: key, value: try quoted(text, &at)))
      }
    }
    return JavaHashOrder.map(entries.map { String(decoding: $0.key, as: UTF8.self) }).map { entries[$0] }
  }

  private static func quoted(_ text: RawSpan, _ at: inout Int) throws(ConversionError) -> [UInt8] {
    let end = text.byteCount
    guard at < end, text.byte(at: at) == UInt8(ascii: "\"") else { throw ConversionError(.malformed, at: at) }
    at += 1
    var bytes: [UInt8] = []
    while at < end {
      var byte = text.byte(at: at)
      at += 1
      if byte == UInt8(ascii: "\"") { return bytes }
      if byte == UInt8(ascii: "\\") {
        guard at < end else { break }
        byte = text.byte(at: at)
        at += 1
      }
      bytes.append(byte)
    }
    throw ConversionError(.malformed, at: at)
  }

  /// The JSON text that Debezium makes of it, which is then a string value.
  static func json(_ entries: [Entry]) -> [UInt8] {
    var out = ByteWriter()
    out.append(UInt8(ascii: "{"))
    for (index, entry) in entries.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      unsafe JSONText.writeString(entry.key.span.bytes, escapesSupplementary: false, into: &out)
      out.append(UInt8(ascii: ":"))
      if let value = entry.value {
        unsafe JSONText.writeString(value.span.bytes, escapesSupplementary: false, into: &out)
      } else {
        out.append("null")
      }
    }
    out.append(UInt8(ascii: "}"))
    return out.copiedBytes
  }

  static func map(_ entries: [Entry]) -> ConnectValue {
    .map(entries.map { ConnectMapEntry(.text($0.key), $0.value.map { .text($0) } ?? .null) })
  }
}
