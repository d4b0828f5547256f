import Foundation
import KafkaSink

/// A Kafka record as a case has it recorded, or as it was read back, in bytes.
struct RecordedRecord: Equatable {
  struct Header: Equatable {
    var name: String
    var value: [UInt8]?
  }

  var topic: String
  /// `nil`: left to the producer.
  var partition: Int32?
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [Header] = []
  /// Milliseconds since 1970; `nil`: left to the producer.
  var timestamp: Int64?
}

extension RecordedRecord {
  init(_ record: KafkaRecord) {
    self.init(
      topic: record.topic, partition: record.partition, key: record.key, value: record.value,
      headers: record.headers.map { Header(name: $0.name, value: $0.value) }, timestamp: record.timestampMilliseconds)
  }

  /// The records of a file with one JSON object a line; other lines, such as an error's text, are passed over.
  static func load(_ path: String) throws -> [RecordedRecord] {
    let decoder = JSONDecoder()
    return try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: UInt8(ascii: "\n"))
      .filter { $0.first == UInt8(ascii: "{") }
      .map { try decoder.decode(RecordedRecord.self, from: $0) }
  }
}

/// `{"topic", "partition", "key", "value", "headers": [[name, text], …], "timestamp"}`. Bytes that are no UTF-8 come as
/// `key_b64`, `value_b64`, or `{"b64": …}` in a header.
extension RecordedRecord: Decodable {
  private enum Name: String, CodingKey {
    case topic, partition, key, value, headers, timestamp
    case keyBase64 = "key_b64"
    case valueBase64 = "value_b64"
  }

  private struct Base64: Decodable {
    var b64: Data
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Name.self)
    topic = try fields.decode(String.self, forKey: .topic)
    partition = try fields.decodeIfPresent(Int32.self, forKey: .partition)
    key = try Self.bytes(fields, .key, .keyBase64)
    value = try Self.bytes(fields, .value, .valueBase64)
    timestamp = try fields.decodeIfPresent(Int64.self, forKey: .timestamp)
    guard fields.contains(.headers) else { return }
    var list = try fields.nestedUnkeyedContainer(forKey: .headers)
    while !list.isAtEnd {
      var pair = try list.nestedUnkeyedContainer()
      let name = try pair.decode(String.self)
      if try pair.decodeNil() {
        headers.append(Header(name: name, value: nil))
      } else if let text = try? pair.decode(String.self) {
        headers.append(Header(name: name, value: Array(text.utf8)))
      } else {
        headers.append(Header(name: name, value: Array(try pair.decode(Base64.self).b64)))
      }
    }
  }

  private static func bytes(
    _ fields: KeyedDecodingContainer<Name>, _ text: Name, _ base64: Name
  ) throws -> [UInt8]? {
    if let text = try fields.decodeIfPresent(String.self, forKey: text) { return Array(text.utf8) }
    return try fields.decodeIfPresent(Data.self, forKey: base64).map { Array($0) }
  }
}
