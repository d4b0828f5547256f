import Primitives

/// Geometric types as pgjdbc's objects print them: PostgreSQL's text with each number as Java writes it.
enum GeometricText {
  static func asJava(_ text: RawSpan) -> [UInt8] {
    var out = ByteWriter(minimumCapacity: text.byteCount * 2)
    var at = 0
    while at < text.byteCount {
      let start = at
      while at < text.byteCount, isNumberByte(text.byte(at: at)) { at += 1 }
      if at > start {
        let number = text.extracting(start..<at)
        do {
          try FloatValue.writeJSON(number, isDouble: true, into: &out)
        } catch {
          out.append(number)
        }
      } else {
        out.append(text.byte(at: at))
        at += 1
      }
    }
    return out.copiedBytes
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "e"):
      true
    default: false
    }
  }
}
