import ConnectData
import Primitives

/// The four headers that every data record carries (`extended.headers.enabled`), made once.
struct ContextHeaders {
  /// `nil` without them.
  let block: HeaderBlock?
  /// The same, for records that are trees.
  let trees: [ConnectHeader]

  static let names = [
    "__debezium.context.connectorLogicalName", "__debezium.context.taskId", "__debezium.context.connectorName",
    "__debezium.context.runId",
  ]

  init(options: PipelineOptions) {
    guard options.addsContextHeaders else {
      block = nil
      trees = []
      return
    }
    let values = [options.topics.prefix, options.taskID, "postgresql", options.runID]
    trees = zip(ContextHeaders.names, values).map { name, value in
      ConnectHeader(name, .text(value), EnvelopeSchema.text)
    }
    var record = EncodedRecord()
    for header in trees {
      record.appendHeader(Array(header.name.utf8)) { out in
        // Every converter of headers takes text.
        (try? options.headerConverter.write(header.value, header.schema, into: &out)) ?? false
      }
    }
    block = HeaderBlock(of: record)
  }
}

extension EncodedRecord {
  /// Adds a header whose value `write` appends to `bytes`; `false` from it is a null value.
  mutating func appendHeader<E: Error>(
    _ name: [UInt8], _ write: (inout ByteWriter) throws(E) -> Bool
  ) throws(E) {
    let nameStart = bytes.count
    bytes.append(name)
    let nameEnd = bytes.count
    bytes.append(0)
    let valueStart = bytes.count
    let isPresent = try write(&bytes)
    headers.append(.init(name: nameStart..<nameEnd, value: isPresent ? valueStart..<bytes.count : nil))
  }

  /// A copy; `nil` for null.
  func copy(_ range: Range<Int>?) -> [UInt8]? {
    guard let range else { return nil }
    return Array(bytes.bytes, range)
  }

  /// Adds a header with these bytes; `nil` is a null value.
  mutating func append(header name: String, _ value: [UInt8]?) {
    appendHeader(Array(name.utf8)) { out in
      if let value { out.append(value) }
      return value != nil
    }
  }

  /// Whether a header of this name is there already.
  func hasHeader(_ name: String) -> Bool {
    let wanted = Array(name.utf8)
    return headers.contains { header in
      guard header.name.count == wanted.count else { return false }
      let found = bytes.bytes.extracting(header.name)
      for offset in 0..<wanted.count where found.byte(at: offset) != wanted[offset] { return false }
      return true
    }
  }
}
