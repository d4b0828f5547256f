import CRdkafka

/// A record lent to a closure; its bytes are gone after it. `copied()` keeps one.
@safe
public struct ConsumedRecord: ~Copyable, ~Escapable {
  private let message: UnsafePointer<rd_kafka_message_t>

  @_lifetime(borrow message)
  init(_ message: UnsafePointer<rd_kafka_message_t>) { unsafe self.message = message }

  public var topic: String { unsafe String(cString: rd_kafka_topic_name(message.pointee.rkt)) }
  public var partition: Int32 { unsafe message.pointee.partition }
  public var offset: Int64 { unsafe message.pointee.offset }

  /// Milliseconds since 1970; `nil` where the record carries none.
  public var timestampMilliseconds: Int64? {
    var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let value = unsafe rd_kafka_message_timestamp(message, &type)
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : value
  }

  /// `nil` is a null key; an empty one has no bytes.
  public var key: RawSpan? {
    @_lifetime(borrow self)
    get {
      guard let key = unsafe message.pointee.key else { return nil }
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(key), byteCount: message.pointee.key_len)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// `nil` is a null value, a tombstone.
  public var value: RawSpan? {
    @_lifetime(borrow self)
    get {
      guard let payload = unsafe message.pointee.payload else { return nil }
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(payload), byteCount: message.pointee.len)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Name and value of each header, in the record's order; a name may come more than once.
  public func forEachHeader(_ body: (String, RawSpan?) -> Void) {
    var headers: OpaquePointer?
    let message = unsafe UnsafePointer(self.message)
    guard unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    var index = 0
    while true {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      let result = unsafe rd_kafka_header_get_all(headers, index, &name, &value, &size)
      guard result == RD_KAFKA_RESP_ERR_NO_ERROR, let name = unsafe name else { return }
      let text = unsafe String(cString: name)
      if let value = unsafe value {
        unsafe body(text, RawSpan(_unsafeStart: value, byteCount: size))
      } else {
        body(text, nil)
      }
      index += 1
    }
  }

  public func copied() -> KafkaRecord {
    var headers: [KafkaRecord.Header] = []
    forEachHeader { headers.append(KafkaRecord.Header(name: $0, value: bytes(of: $1))) }
    return KafkaRecord(
      topic: topic, partition: partition, offset: offset, timestampMilliseconds: timestampMilliseconds,
      key: bytes(of: key), value: bytes(of: value), headers: headers)
  }
}

/// A record with its own copies of everything.
public struct KafkaRecord: Sendable, Equatable {
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
  public var timestampMilliseconds: Int64?
  public var key: [UInt8]?
  public var value: [UInt8]?
  public var headers: [Header]

  /// The first header of the name; `nil` where there is none, or its value is null.
  public func header(_ name: String) -> [UInt8]? { headers.first { $0.name == name }?.value }
}

private func bytes(of span: RawSpan?) -> [UInt8]? {
  guard let span else { return nil }
  return unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
}
