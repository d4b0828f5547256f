import ConnectData
import Primitives

/// `bytea`, printed under `bytea_output = hex` or `escape`, in the forms of `binary.handling.mode`.
enum BinaryValue {
  /// The content of a JSON string, which needs no escapes.
  static func write(_ bytes: RawSpan, _ form: ValueForm.BinaryForm, into out: inout ByteWriter) {
    switch form {
    case .bytes, .base64: Base64Text.write(bytes, into: &out)
    case .base64URLSafe: Base64Text.write(bytes, alphabet: .urlSafe, into: &out)
    case .hex:
      for at in 0..<bytes.byteCount {
        let byte = bytes.byte(at: at)
        out.append(lowerHexDigit(byte >> 4))
        out.append(lowerHexDigit(byte & 0xF))
      }
    }
  }

  static func value(_ bytes: [UInt8], _ form: ValueForm.BinaryForm) -> ConnectValue {
    if form == .bytes { return .bytes(bytes) }
    var out = ByteWriter(minimumCapacity: bytes.count * 2)
    unsafe write(bytes.span.bytes, form, into: &out)
    return .text(out.copiedBytes)
  }

  static func decode(_ text: RawSpan) throws(ConversionError) -> [UInt8] {
    let count = text.byteCount
    var bytes: [UInt8] = []
    if count >= 2, text.byte(at: 0) == UInt8(ascii: "\\"), text.byte(at: 1) == UInt8(ascii: "x") {
      guard count % 2 == 0 else { throw ConversionError(.malformed, at: count) }
      bytes.reserveCapacity(count / 2 - 1)
      var at = 2
      while at < count {
        guard let high = hexDigitValue(text.byte(at: at)), let low = hexDigitValue(text.byte(at: at + 1)) else {
          throw ConversionError(.malformed, at: at)
        }
        bytes.append(high << 4 | low)
        at += 2
      }
      return bytes
    }
    var at = 0
    while at < count {
      let byte = text.byte(at: at)
      if byte != UInt8(ascii: "\\") {
        bytes.append(byte)
        at += 1
      } else if at + 1 < count, text.byte(at: at + 1) == UInt8(ascii: "\\") {
        bytes.append(byte)
        at += 2
      } else {
        guard at + 3 < count else { throw ConversionError(.malformed, at: at) }
        let digits = (text.byte(at: at + 1) &- 48, text.byte(at: at + 2) &- 48, text.byte(at: at + 3) &- 48)
        guard digits.0 < 4, digits.1 < 8, digits.2 < 8 else { throw ConversionError(.malformed, at: at) }
        bytes.append(digits.0 << 6 | digits.1 << 3 | digits.2)
        at += 4
      }
    }
    return bytes
  }

  @inline(__always)
  private static func lowerHexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? nibble + UInt8(ascii: "0") : nibble + (UInt8(ascii: "a") - 10)
  }
}
