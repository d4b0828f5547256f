/// A record of a topic, as read.
public struct EventRecord: Sendable, Equatable {
  public struct Header: Sendable, Equatable {
    public var name: String
    public var value: [UInt8]?

    public init(name: String, value: [UInt8]?) {
      self.name = name
      self.value = value
    }
  }

  public var topic: String
  public var partition: Int32
  public var offset: Int64
  /// Milliseconds since 1970; `nil` where the record carries none.
  public var timestampMilliseconds: Int64?
  public var key: [UInt8]?
  /// `nil` is a tombstone.
  public var value: [UInt8]?
  public var headers: [Header]

  public init(
    topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64?, key: [UInt8]?, value: [UInt8]?,
    headers: [Header]
  ) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.timestampMilliseconds = timestampMilliseconds
    self.key = key
    self.value = value
    self.headers = headers
  }

  /// Text of the first header of this name.
  public func headerText(_ name: String) -> String? {
    headers.first { $0.name == name }.flatMap { $0.value }.flatMap { String(validating: $0, as: UTF8.self) }
  }
}
