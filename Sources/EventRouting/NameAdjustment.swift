/// How names of schemas and fields are fitted to Avro's rules: `schema.name.adjustment.mode`, `field.name.adjustment.mode`.
/// Source: Debezium 3.6, `SchemaNameAdjuster` and its replacement functions.
public enum NameAdjustment: String, Sendable, CaseIterable {
  case none
  /// What Avro does not take becomes an underscore.
  case avro
  /// What Avro does not take, and the underscore itself, becomes `_u` and the character's hexadecimal number.
  case avroUnicode = "avro_unicode"

  /// A schema's name, of parts divided by dots.
  public func schemaName(_ name: String) -> String { adjusted(name, dotIsValid: true) }

  /// A field's name, in which a dot is no valid character.
  public func fieldName(_ name: String) -> String { adjusted(name, dotIsValid: false) }

  private func adjusted(_ name: String, dotIsValid: Bool) -> String {
    if self == .none { return name }
    var result: [UInt16] = []
    // Java replaces UTF-16 units: a character beyond U+FFFF becomes two replacements.
    for (index, unit) in name.utf16.enumerated() {
      let isDigit = (0x30...0x39).contains(unit)
      if isValidFirst(unit) || index > 0 && (isDigit || dotIsValid && unit == 0x2E) {
        result.append(unit)
        continue
      }
      append(replacementOf: unit, to: &result)
      // So that names which differ in their first digit only stay apart.
      if index == 0, isDigit, self == .avro { result.append(unit) }
    }
    return String(decoding: result, as: UTF16.self)
  }

  private func isValidFirst(_ unit: UInt16) -> Bool {
    switch unit {
    case 0x41...0x5A, 0x61...0x7A: true
    case 0x5F: self == .avro
    default: false
    }
  }

  private func append(replacementOf unit: UInt16, to result: inout [UInt16]) {
    guard self == .avroUnicode else { return result.append(0x5F) }
    // Debezium puts zeros before numbers of one and two digits, always two, and none before three.
    let digits = String(unit, radix: 16)
    result += Array("_u\(digits.utf8.count <= 2 ? "00" : "")\(digits)".utf16)
  }
}
