import Primitives

/// One row of `COPY … TO STDOUT`, taken apart into the same layout as a tuple of the stream in text format, so that a
/// snapshot's rows go the same way as changes.
/// Source: PostgreSQL manual, "COPY", File Formats.
public struct CopyRow: ~Copyable {
  public internal(set) var tuple = TupleLayout()
  /// The values as text; the tuple's ranges are offsets in here.
  public internal(set) var bytes = ByteWriter(minimumCapacity: 1024)
  var time = BinaryTime()

  public init() {}

  /// Text Format: `line` with or without its line end. Throws when a backslash stands at the end or before an unknown
  /// character.
  public mutating func decode(text line: RawSpan) throws(DecodeError) {
    tuple.removeAll()
    bytes.removeAll()
    var end = line.byteCount
    if end > 0, line.byte(at: end - 1) == UInt8(ascii: "\n") { end -= 1 }
    var fieldStart = 0
    var isNull = false
    var offset = 0
    while true {
      offset = bytes.appendRun(of: line, from: offset, to: end)
      guard offset < end, line.byte(at: offset) == UInt8(ascii: "\\") else {
        tuple.append(isNull ? .null : .text(fieldStart..<bytes.count))
        if offset >= end { return }
        offset += 1
        fieldStart = bytes.count
        isNull = false
        continue
      }
      guard offset + 1 < end else { throw .truncated(need: 2, have: 1, at: offset) }
      let escaped = line.byte(at: offset + 1)
      switch escaped {
      case UInt8(ascii: "N"): isNull = true
      case UInt8(ascii: "b"): bytes.append(8)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "v"): bytes.append(11)
      case UInt8(ascii: "f"): bytes.append(12)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "\\"): bytes.append(escaped)
      default: throw .unknownTag(escaped, at: offset + 1)
      }
      offset += 2
    }
  }
}
