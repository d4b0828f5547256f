/// Durations as people type them: `90`, `30s`, `5m`, `1h30m`, `250ms`.
public enum DurationText {
  /// In seconds; `nil` where the text is none.
  public static func seconds(_ text: String) -> Double? {
    if let plain = Double(text) { return plain.isFinite && plain > 0 ? plain : nil }
    var total = 0.0
    var number = ""
    var unit = ""
    func add() -> Bool {
      let factors = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400]
      guard let value = Double(number), let factor = factors[unit] else { return false }
      total += value * factor
      number = ""
      unit = ""
      return true
    }
    for character in text.lowercased() {
      if character.isASCII, character.isNumber || character == "." {
        if !unit.isEmpty, !add() { return nil }
        number.append(character)
      } else {
        unit.append(character)
      }
    }
    return add() && total > 0 ? total : nil
  }
}
