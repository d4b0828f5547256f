import ConnectData
import EventEncoding
import EventRouting
import Primitives
import RelayRuntime
import TerminalScreens

/// JSON of applications, of operators and of our own.
extension FuzzTarget {
  static let documents = [
    FuzzTarget("json-payload") { (bytes) throws(Violation) in
      var compact = ByteWriter()
      let isDocument = unsafe CompactJSON.writeDocument(bytes.span.bytes, into: &compact)
      // PostgreSQL sends UTF-8. Of that, compact text stays as it is.
      if isDocument, (try? UTF8Span(validating: bytes.span)) != nil {
        let text = compact.copiedBytes
        var again = ByteWriter()
        let isAgain = unsafe CompactJSON.writeDocument(text.span.bytes, into: &again)
        try expect(isAgain && again.copiedBytes == text, "compact text became another")
      }
      for behavior in PayloadExpansion.NullBehavior.allCases {
        let expansion = unsafe PayloadExpansion.expand(bytes.span.bytes, nullBehavior: behavior)
        guard case .expanded(let schema, let value) = expansion else { continue }
        var out = ByteWriter()
        JSONConverter.write(value, schema, into: &out)
        try expectJSON(out.copiedBytes, "the expanded payload")
        out.removeAll()
        JSONConverter.writeSchema(schema, fieldName: "payload", into: &out)
        try expectJSON(out.copiedBytes, "its schema")
      }
      if let (schema, value) = unsafe PayloadExpansion.expandRow(bytes.span.bytes) {
        var out = ByteWriter()
        JSONConverter.write(value, schema, into: &out)
        try expectJSON(out.copiedBytes, "the row")
      }
    },
    FuzzTarget("signal") { (bytes) throws(Violation) in
      _ = try? SignalData(String(decoding: bytes, as: UTF8.self))
      guard let message = try? SignalMessage(json: bytes) else { return }
      guard let data = message.data else { throw Violation(description: "a signal without data") }
      try expectJSON(Array(data.utf8), "a signal's data")
      _ = try? SignalData(data)
    },
    FuzzTarget("state-record") { (bytes) throws(Violation) in
      guard let record = try? StateRecord(json: bytes) else { return }
      let json = record.json
      try expectJSON(json, "a state record")
      try expect((try? StateRecord(json: json)) == record, "\(record) is not what was stored")
    },
    FuzzTarget("letter") { (bytes) throws(Violation) in
      guard let letter = unsafe try? LetteredChange(bytes.span.bytes) else { return }
      let encoded = letter.encode()
      try expect(unsafe (try? LetteredChange(encoded.span.bytes)) == letter, "\(letter) is not what was encoded")
    },
    FuzzTarget("letter-hold") { (bytes) throws(Violation) in
      guard let hold = unsafe try? LetterHold(bytes.span.bytes) else { return }
      try expect(hold.encode() == bytes, "\(hold) is not what was encoded")
    },
    FuzzTarget("record-content") { (bytes) throws(Violation) in
      var reader = RecordContentReader()
      let content = unsafe reader.read(bytes.span.bytes)
      try expect(unsafe reader.read(bytes.span.bytes) == content, "the same bytes gave something else")
      let entry = ProofEntry(side: .settled, topic: 1, identity: Array(bytes.prefix(20)), number: 2, content: content)
      var out = ByteWriter()
      entry.write(to: &out)
      let written = out.copiedBytes
      var input = unsafe ByteReader(written.span.bytes)
      try expect((try? ProofEntry(&input)) == entry && input.isAtEnd, "\(entry) is not what was stored")
      input = unsafe ByteReader(bytes.span.bytes)
      _ = try? ProofEntry(&input)
    },
    FuzzTarget("shown-record") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let header = EventRecord.Header(name: input.text(), value: input.flag() ? input.piece() : nil)
      let record = EventRecord(
        topic: input.text(), partition: 0, offset: 1, timestampMilliseconds: input.integer(),
        key: input.flag() ? input.piece() : nil, value: input.rest(), headers: [header, header])
      let line = TailJSON.line(record)
      try expectJSON(Array(line.utf8), "a line of tail")
      try expect(!line.utf8.contains(0x0A), "a record takes two lines")
      let content = EventContent(record)
      for text in [EventSummary.text(content), KeyText.text(record.key), KeyText.short(record.key)] {
        let visible = DisplayText.visible(text)
        try expect(!visible.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a control character")
        try expect(DisplayText.width(DisplayText.fitted(visible, to: 20)) == 20, "\(visible) does not fit")
      }
    },
  ]
}
