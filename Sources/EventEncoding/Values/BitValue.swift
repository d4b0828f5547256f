import ConnectData
import Primitives

/// `bit` and `varbit`, printed as `0` and `1`.
enum BitValue {
  static func boolean(_ text: RawSpan) throws(ConversionError) -> Bool {
    guard text.byteCount <= 1 else { throw ConversionError(.malformed, at: 1) }
    guard text.byteCount == 1 else { throw ConversionError(.malformed, at: 0) }
    switch text.byte(at: 0) {
    case UInt8(ascii: "0"): return false
    case UInt8(ascii: "1"): return true
    default: throw ConversionError(.malformed, at: 0)
    }
  }

  /// Little-endian: the last bit of the text is the lowest of the first byte. Zero bytes at the high end are left out,
  /// as Java's `BitSet.toByteArray` does.
  static func bytes(_ text: RawSpan) throws(ConversionError) -> [UInt8] {
    let count = text.byteCount
    var bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
    for at in 0..<count {
      let position = count - 1 - at
      switch text.byte(at: at) {
      case UInt8(ascii: "0"): continue
      case UInt8(ascii: "1"): bytes[position / 8] |= 1 << UInt8(position % 8)
      default: throw ConversionError(.malformed, at: at)
      }
    }
    while bytes.last == 0 { bytes.removeLast() }
    return bytes
  }
}
