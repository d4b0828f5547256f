import Primitives

/// What one side says of one key: a row of the database, or a record of Kafka.
package struct ProofEntry: Sendable, Equatable {
  package enum Side: UInt8, Sendable {
    /// A row as the connector would publish it.
    case expected
    /// A record that was there before the database was read.
    case settled
    /// A record that came since: it may be newer than what was read of the database.
    case tail
    /// A record in the dead-letter topic, made for this topic and key.
    case letter
  }

  var side: Side
  var topic: UInt32
  /// What the two sides have in common: the key, or an outbox event's id.
  var identity: [UInt8]
  /// Expected: index of the report's line.
  var line: UInt32 = .max
  /// Expected: number of the row, the same for its other forms. Else the record's offset.
  var number: UInt64
  /// Kafka's partition.
  var partition: Int32 = -1
  /// Expected: a record of the row must be there.
  var isInWindow = true
  var content: RecordContent

  /// Decides the partition of the spill, and stands for topic and identity where those are compared as well.
  var keyHash: UInt64 { ContentHash.of(identity, seed: UInt64(topic) &+ 1) }

  // Layout: byte count of the rest (4), side (1), topic (4), line (4), number (8), partition (4), window (1), kind (1),
  // operation (1), LSN (8), byte count of the identity (4), identity, field count (4), fields of 16; big-endian.
  private static let fixedByteCount = 36

  package func write(to out: inout ByteWriter) {
    out.append(bigEndian: UInt32(Self.fixedByteCount + 4 + identity.count + content.fields.count * 16))
    out.append(side.rawValue)
    out.append(bigEndian: topic)
    out.append(bigEndian: line)
    out.append(bigEndian: number)
    out.append(bigEndian: partition)
    out.append(isInWindow ? 1 : 0)
    out.append(content.kind.rawValue)
    out.append(content.operation)
    out.append(bigEndian: content.lsn)
    out.append(bigEndian: UInt32(identity.count))
    out.append(identity)
    out.append(bigEndian: UInt32(content.fields.count))
    for field in content.fields {
      out.append(bigEndian: field.name)
      out.append(bigEndian: field.value)
    }
  }

  @_lifetime(reader: copy reader)
  package init(_ reader: inout ByteReader) throws(DecodeError) {
    _ = try reader.readInteger(as: UInt32.self)
    let sideAt = reader.offset
    let sideByte = try reader.readByte()
    guard let side = Side(rawValue: sideByte) else { throw .unknownTag(sideByte, at: sideAt) }
    self.side = side
    topic = try reader.readInteger()
    line = try reader.readInteger()
    number = try reader.readInteger()
    partition = try reader.readInteger()
    isInWindow = try reader.readByte() != 0
    let kindAt = reader.offset
    let kindByte = try reader.readByte()
    guard let kind = RecordContent.Kind(rawValue: kindByte) else { throw .unknownTag(kindByte, at: kindAt) }
    content = RecordContent(kind: kind)
    content.operation = try reader.readByte()
    content.lsn = try reader.readInteger()
    let count = Int(try reader.readInteger(as: UInt32.self))
    identity = []
    identity.reserveCapacity(min(count, reader.remaining))
    for _ in 0..<count { identity.append(try reader.readByte()) }
    let fields = Int(try reader.readInteger(as: UInt32.self))
    content.fields.reserveCapacity(min(fields, reader.remaining / 16))
    for _ in 0..<fields {
      content.fields.append(.init(name: try reader.readInteger(), value: try reader.readInteger()))
    }
  }

  package init(
    side: Side, topic: UInt32, identity: [UInt8], line: UInt32 = .max, number: UInt64, partition: Int32 = -1,
    isInWindow: Bool = true, content: RecordContent
  ) {
    self.side = side
    self.topic = topic
    self.identity = identity
    self.line = line
    self.number = number
    self.partition = partition
    self.isInWindow = isInWindow
    self.content = content
  }
}
