import ConnectData
import EventRouting
import Primitives

/// What a mask does to one column: to its field's schema, and to each of its values after they are converted.
/// Source: Debezium 3.6, `MaskStrings`, `TruncateColumn`.
struct MaskedColumn {
  private let mask: ColumnMask
  /// Of the column in the database; hashes are cut to it. Negative where it is not known.
  private let length: Int32
  /// Of a character type or an enumeration. Only these are masked by asterisks and hashes.
  private let isCharacters: Bool

  /// Its bytes are a buffer to Java. Those of bit strings are an array, which no mask touches.
  private let isBuffer: Bool

  init(_ mask: ColumnMask, of column: ColumnDescription, length: Int32, schema: ConnectSchema) {
    self.mask = mask
    isBuffer = schema.kind == .bytes && schema.name == nil
    self.length = length
    isCharacters = column.type.isCharacters
  }

  /// What the field's schema tells of the mask. It tells so for types that the mask leaves alone, too.
  var parameter: ConnectParameter? {
    switch mask {
    case .truncate(let length): truncates(to: length) ? ConnectParameter("truncateLength", String(length)) : nil
    case .asterisks, .hash: ConnectParameter("masked", "true")
    }
  }

  func apply(_ value: ConnectValue) -> ConnectValue {
    switch mask {
    case .truncate(let length):
      guard truncates(to: length) else { return value }
      return truncated(value, to: length)
    case .asterisks(let count):
      // A null, too.
      return isCharacters ? .text([UInt8](repeating: UInt8(ascii: "*"), count: count)) : value
    case .hash(let digest, let salt, let form):
      guard isCharacters, case .text(let text) = value else { return value }
      let hashed = form == .text ? text : JavaSerialization.string(text)
      let digits = digest.digest(salt + hashed).flatMap { [hexDigit($0 >> 4), hexDigit($0 & 0xF)] }
      return .text(length > 0 ? Array(digits.prefix(Int(length))) : digits)
    }
  }

  private func truncates(to most: Int) -> Bool { length < 0 || Int(length) > most }

  private func truncated(_ value: ConnectValue, to length: Int) -> ConnectValue {
    switch value {
    case .text(let text): .text(UTF16Text.prefix(text, units: length))
    case .bytes(let bytes) where isBuffer: .bytes(Array(bytes.prefix(length)))
    default: value
    }
  }

  private func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble + 48 : nibble + 87 }
}

extension TypeDescription {
  /// What pgjdbc reports as CHAR or VARCHAR.
  var isCharacters: Bool {
    switch kind {
    case .enumeration: true
    case .domain(let base, _): base.isCharacters
    default: [.text, .varchar, .bpchar, .name, .char].contains(oid)
    }
  }
}
