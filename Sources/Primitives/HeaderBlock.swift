/// Headers that most records of a connector begin with, laid out as they stand there. A record keeps them when it is cleared,
/// and tells by the object whether it has them: neither has to be copied or compared record by record.
public final class HeaderBlock: Sendable {
  public let bytes: [UInt8]
  public let headers: [EncodedRecord.Header]

  /// The headers of a record that has nothing else.
  public init(of record: borrowing EncodedRecord) {
    bytes = record.bytes.copiedBytes
    headers = record.headers
  }
}

extension EncodedRecord {
  /// Begins a cleared record with these headers, or with none.
  @inlinable
  public mutating func begin(with block: HeaderBlock?) {
    if block !== self.block { replaceBlock(block) }
  }

  @usableFromInline
  mutating func replaceBlock(_ block: HeaderBlock?) {
    removeAll()
    guard let block else { return }
    append(block)
    keepAll(as: block)
  }

  /// Adds a copy of the headers behind what there is.
  public mutating func append(_ block: HeaderBlock) {
    let start = bytes.count
    bytes.append(block.bytes)
    for header in block.headers {
      headers.append(
        Header(
          name: (header.name.lowerBound + start)..<(header.name.upperBound + start),
          value: header.value.map { ($0.lowerBound + start)..<($0.upperBound + start) }))
    }
  }
}
