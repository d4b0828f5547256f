/// Escapes of JSON strings, both ways.
enum JSONEscapes {
  /// Text of what stands between quotes. Half a surrogate pair that stands alone becomes U+FFFD.
  static func decoded(_ raw: String) -> String {
    guard raw.utf8.contains(UInt8(ascii: "\\")) else { return raw }
    var units: [UInt16] = []
    var source = Array(raw.utf16)[...]
    while let unit = source.popFirst() {
      guard unit == 0x5C, let kind = source.popFirst() else {
        units.append(unit)
        continue
      }
      switch kind {
      case 0x62: units.append(0x08)
      case 0x66: units.append(0x0C)
      case 0x6E: units.append(0x0A)
      case 0x72: units.append(0x0D)
      case 0x74: units.append(0x09)
      case 0x75:
        let digits = source.prefix(4)
        source = source.dropFirst(4)
        units.append(digits.reduce(0) { $0 << 4 | (hexValue(UInt8(truncatingIfNeeded: $1)) ?? 0) })
      default: units.append(kind)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// With its quotes. DEL and C1 controls are escaped too, though JSON allows them: some terminals obey the latter.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  static func hexValue(_ digit: UInt8) -> UInt16? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(digit - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(digit - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
