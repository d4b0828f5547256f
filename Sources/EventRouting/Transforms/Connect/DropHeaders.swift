import ConnectData

/// Removes headers by name. Source: `org.apache.kafka.connect.transforms.DropHeaders`.
public struct DropHeaders: RecordTransform {
  private let names: Set<String>

  public init(names: [String]) { self.names = Set(names) }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    record.headers.removeAll { names.contains($0.name) }
    return true
  }
}
