/// Text in terminal cells.
public enum DisplayText {
  /// Text with everything visible that a terminal would obey or hide: control characters become their pictures
  /// (`␊`, `␛`), other invisible ones (C1 controls, direction marks, line separators, zero-width characters, byte order
  /// marks) `\u{…}`.
  public static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0...0x1F: out.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      case 0x7F: out += "␡"
      case _ where isHidden(scalar): out += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0xAD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
    default: false
    }
  }

  /// Cells that a terminal gives a text: two for wide characters (East Asian, emoji), none for those that combine.
  public static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // Blocks of wide and full-width characters. Source: Unicode Standard Annex 11, EastAsianWidth.txt, by block.
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// At most `cells` wide, with `…` in place of what is cut off.
  public static func cut(_ text: String, to cells: Int) -> String {
    guard width(text) > cells else { return text }
    guard cells > 0 else { return "" }
    var out = ""
    var used = 0
    for character in text {
      let next = width(character)
      if used + next > cells - 1 { break }
      out.append(character)
      used += next
    }
    return out + "…"
  }

  public enum Alignment: Sendable { case left, right }

  /// Exactly `cells` wide: cut or filled with spaces.
  public static func fitted(_ text: String, to cells: Int, _ alignment: Alignment = .left) -> String {
    let text = cut(text, to: cells)
    let padding = String(repeating: " ", count: max(cells - width(text), 0))
    return alignment == .left ? text + padding : padding + text
  }
}
