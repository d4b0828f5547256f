import ConnectData

/// Drops every record that its predicate lets it have. Source: `org.apache.kafka.connect.transforms.Filter`.
public struct DropRecord: RecordTransform {
  public init() {}

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool { false }
}
