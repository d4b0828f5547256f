/// Keys in one short text.
public enum KeyText {
  /// Debezium's key of one column is shown as its value, of several as `a=1 b=2`; other text as it is, bytes as hex.
  public static func text(_ key: [UInt8]?) -> String {
    guard let key else { return "-" }
    guard let text = String(validating: key, as: UTF8.self) else { return HexText.text(key) }
    guard let node = JSONNode(text) else { return DisplayText.visible(text) }
    let payload = node["schema"] != nil ? node["payload"] ?? node : node
    guard case .object(let members) = payload else { return DisplayText.visible(payload.scalarText ?? text) }
    if members.count == 1 { return DisplayText.visible(members[0].value.scalarText ?? members[0].value.compactText) }
    let parts = members.map { "\($0.name)=\($0.value.scalarText ?? $0.value.compactText)" }
    return DisplayText.visible(parts.joined(separator: " "))
  }

  /// At most `cells` wide; of what is cut the end stays, since keys of one time begin alike.
  public static func short(_ key: [UInt8]?, cells: Int = 9) -> String {
    let text = text(key)
    guard DisplayText.width(text) > cells else { return text }
    return "…" + text.suffix(max(cells - 1, 0))
  }
}

/// Bytes that are no text.
public enum HexText {
  /// `0x00ff1a`; of more than `bytesMax` bytes the first, and how many there are.
  public static func text(_ bytes: [UInt8], bytesMax: Int = 64) -> String {
    let digits = Array("0123456789abcdef")
    var out = "0x"
    for byte in bytes.prefix(bytesMax) {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 0xF)])
    }
    return bytes.count > bytesMax ? out + "… (\(bytes.count) bytes)" : out
  }
}
