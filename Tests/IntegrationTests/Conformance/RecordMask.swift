import Foundation

/// Replaces what no second run can repeat by what can be checked of it. Positions and transaction numbers become numbers
/// in order of first appearance, so that equal stays equal and different stays different; times keep whether their
/// digits are right and whether finer ones agree with coarser ones. All other bytes stay.
///
/// One mask serves one group of records, in their order.
struct RecordMask {
  private var names: [String: [String: Int]] = [:]

  mutating func mask(_ bytes: [UInt8]?) -> [UInt8]? {
    guard let bytes else { return nil }
    if bytes.starts(with: Array("Struct{".utf8)) {
      return Array(maskStruct(String(decoding: bytes, as: UTF8.self)).utf8)
    }
    let first = bytes.first { $0 > 0x20 }
    guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return bytes }
    var fields: [(scalar: JSONScalar, field: VolatileField)] = []
    var times: [[JSONStep]: [VolatileField.TimeUnit: Int64]] = [:]
    for scalar in JSONScalars.find(in: bytes) {
      guard let field = VolatileField(at: scalar.path) else { continue }
      fields.append((scalar, field))
      guard case .time(let unit) = field, let value = Self.number(bytes[scalar.range]) else { continue }
      times[VolatileField.timeFamily(scalar.path, unit), default: [:]][unit] = value
    }
    var masked: [UInt8] = []
    var position = 0
    for (scalar, field) in fields {
      masked += bytes[position..<scalar.range.lowerBound]
      let text = String(decoding: bytes[scalar.range], as: UTF8.self)
      if case .time(let unit) = field {
        let others = times[VolatileField.timeFamily(scalar.path, unit)] ?? [:]
        masked += Self.maskTime(text, unit, others).utf8
      } else {
        masked += maskScalar(text, field).utf8
      }
      position = scalar.range.upperBound
    }
    return masked + bytes[position...]
  }

  mutating func mask(_ header: RecordedRecord.Header, hides hidden: Set<String>) -> RecordedRecord.Header {
    guard let value = header.value else { return header }
    if header.name == "__debezium.context.runId" || hidden.contains(header.name) {
      return .init(name: header.name, value: Array("<present>".utf8))
    }
    switch VolatileField(topField: header.name) {
    case nil, .transactionID, .perhapsTransactionID:
      return .init(name: header.name, value: mask(value))
    case .time(let unit)?:
      let text =
        Self.number(value[...]) == nil ? "<present>" : Self.maskTime(String(decoding: value, as: UTF8.self), unit, [:])
      return .init(name: header.name, value: Array(text.utf8))
    case let field?:
      let text =
        Self.number(value[...]) == nil ? "<present>" : maskScalar(String(decoding: value, as: UTF8.self), field)
      return .init(name: header.name, value: Array(text.utf8))
    }
  }

  // MARK: One field

  private mutating func maskScalar(_ text: String, _ field: VolatileField) -> String {
    if text == "null" { return text }
    let isText = text.hasPrefix("\"")
    switch field {
    case .version: return isText && text != "\"\"" ? "\"<version>\"" : text
    case .position: return isText ? text : "<\(name("lsn", text))>"
    case .transactionNumber: return isText ? text : "<\(name("transaction", text))>"
    case .sequence: return isText ? maskSequence(text) : text
    case .transactionID, .perhapsTransactionID:
      return isText ? maskTransactionID(text, needsPosition: field == .perhapsTransactionID) : text
    // A time is masked together with its other units.
    case .time: return text
    }
  }

  /// `"[\"<last commit>\",\"<own position>\"]"`. The two have numbers of their own, since whether they coincide
  /// depends on other WAL in between.
  private mutating func maskSequence(_ text: String) -> String {
    let decoder = JSONDecoder()
    guard let inner = try? decoder.decode(String.self, from: Data(text.utf8)),
      let parts = try? decoder.decode([String?].self, from: Data(inner.utf8))
    else { return text }
    let kinds = ["commit", "lsn"]
    let masked = parts.enumerated().map { index, part in
      part.map { name(index < kinds.count ? kinds[index] : "further", $0) } ?? "null"
    }
    return "\"<\(masked.joined(separator: ","))>\""
  }

  /// A position is numbered within its transaction: those of two transactions may coincide by chance.
  private mutating func maskTransactionID(_ text: String, needsPosition: Bool) -> String {
    let parts = text.dropFirst().dropLast().split(separator: ":", omittingEmptySubsequences: false)
    let isID = (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isWholeNumber) }
    guard isID, parts.count == 2 || !needsPosition else { return text }
    let transaction = name("transaction", String(parts[0]))
    guard parts.count == 2 else { return "\"<\(transaction)>\"" }
    return "\"<\(transaction):\(name(transaction + " at ", String(parts[1])))>\""
  }

  private static func maskTime(
    _ text: String, _ unit: VolatileField.TimeUnit, _ others: [VolatileField.TimeUnit: Int64]
  ) -> String {
    guard let value = number(text.utf8[...]) else { return text }
    guard text.utf8.count == unit.digits else { return "<\(unit.rawValue) with \(text.utf8.count) digits>" }
    if let coarser = unit.coarser, let other = others[coarser], value / 1000 != other {
      return "<\(unit.rawValue) not in step with \(coarser.rawValue)>"
    }
    return "<\(unit.rawValue)>"
  }

  /// What StringConverter makes of an envelope: `Struct{after=Struct{…},source=Struct{version=…,…},…}`.
  private mutating func maskStruct(_ text: String) -> String {
    var masked = text.replacing(/\b(?<name>ts_ms|ts_us|ts_ns|lsn|txId)=(?<value>[0-9]+)/.wordBoundaryKind(.simple)) {
      match in
      let value = String(match.output.value)
      let field = VolatileField(sourceField: match.output.name)
      if case .time(let unit)? = field { return "\(match.output.name)=\(Self.maskTime(value, unit, [:]))" }
      return "\(match.output.name)=\(maskScalar(value, field ?? .position))"
    }
    masked = masked.replacing(/\bsequence=(?<value>\[[^\]]*\])/.wordBoundaryKind(.simple)) { match in
      let quoted = (try? JSONEncoder().encode(String(match.output.value))).map { String(decoding: $0, as: UTF8.self) }
      return "sequence=\(maskSequence(quoted ?? ""))"
    }
    return masked.replacing(/\bversion=[^,}]+/.wordBoundaryKind(.simple)) { _ in "version=<version>" }
  }

  // MARK: Pieces

  private mutating func name(_ kind: String, _ value: String) -> String {
    let next = (names[kind]?.count ?? 0) + 1
    let number = names[kind]?[value] ?? next
    names[kind, default: [:]][value] = number
    return "\(kind)\(number)"
  }

  private static func number(_ bytes: some Collection<UInt8>) -> Int64? {
    Int64(String(decoding: bytes, as: UTF8.self))
  }
}
