import ConnectData

/// Key or value of a record: what the classes of a transform that end in `$Key` and `$Value` work on.
public enum RecordPart: Sendable, Hashable {
  case key, value
}

extension ConnectRecord {
  func schema(of part: RecordPart) -> SharedSchema? {
    switch part {
    case .key: keySchema
    case .value: valueSchema
    }
  }

  func value(of part: RecordPart) -> ConnectValue {
    switch part {
    case .key: key
    case .value: value
    }
  }

  mutating func set(_ part: RecordPart, to value: ConnectValue, _ schema: SharedSchema?) {
    switch part {
    case .key:
      key = value
      keySchema = schema
    case .value:
      self.value = value
      valueSchema = schema
    }
  }

  /// The values of a structure, in the order of its schema's fields. Throws for anything else, a null included.
  func structure(of part: RecordPart, for transform: StaticString) throws(TransformFailure) -> [ConnectValue] {
    guard case .structure(let values) = value(of: part) else {
      throw TransformFailure("\(transform): the \(part) is no structure")
    }
    return values
  }

  /// The entries of a map, which is what a record without a schema must be.
  func map(of part: RecordPart, for transform: StaticString) throws(TransformFailure) -> [ConnectMapEntry] {
    guard case .map(let entries) = value(of: part) else {
      let found = value(of: part) == .null ? "is null" : "is no map"
      throw TransformFailure("\(transform): the \(part) has no schema and \(found)")
    }
    return entries
  }
}
