import ConnectData

/// Adds a header of a fixed value. Source: `org.apache.kafka.connect.transforms.InsertHeader`.
public struct InsertHeader: RecordTransform {
  private let header: ConnectHeader

  public init(name: String, literal: HeaderLiteral) {
    header = ConnectHeader(name, literal.value, literal.schema)
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    record.headers.append(header)
    return true
  }
}
