import ConnectData

/// A transform that takes records apart: `org.apache.kafka.connect.transforms.Transformation`. One instance serves one
/// place of a connector's chain, so that it may keep what it made of a schema.
public protocol RecordTransform {
  /// Changes the record. Returns `false` to drop it. A failure stops the connector at the record, or goes by its error
  /// policy; the record is then as it was or half changed, and is not used.
  mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool

  /// Whether every record that comes out has headers of its own: see `ConnectRecord.sharedHeaders`. Where only some have,
  /// the transform says so of those. Source: which `newRecord` the transform calls.
  var copiesHeaders: Bool { get }
}

extension RecordTransform {
  public var copiesHeaders: Bool { true }
}

/// What a transform made of the schemas it has met, by identity. Bounded, since a table altered again and again gives
/// ever new ones: when full it starts anew.
public struct SchemaCache<Made> {
  private var entries: [ObjectIdentifier: (source: SharedSchema, made: Made)] = [:]
  private static var countMax: Int { 256 }

  public init() {}

  /// What was made of `source`, or what `make` makes of it now.
  public mutating func made<E: Error>(
    of source: SharedSchema, _ make: (ConnectSchema) throws(E) -> Made
  ) throws(E) -> Made {
    // The entry keeps its source alive, so that no other schema can come to have its identity.
    if let entry = entries[ObjectIdentifier(source)] { return entry.made }
    let made = try make(source.schema)
    if entries.count >= SchemaCache.countMax { entries.removeAll() }
    entries[ObjectIdentifier(source)] = (source, made)
    return made
  }
}
