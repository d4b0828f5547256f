import ConnectData
import Primitives
import Testing

@testable import EventEncoding

@Suite struct ColumnCodecTests {
  /// The recordings are of a snapshot.
  private func codec(_ recorded: RecordedColumn) -> ColumnCodec? {
    ColumnCodec.make(
      recorded.column, recorded.options, JSONOptions(decimalFormat: .init(rawValue: recorded.decimalFormat)!),
      origin: .snapshot)
  }

  /// As a row does it: a value that has no counterpart is null.
  private func write(_ codec: ColumnCodec, _ text: [UInt8], into out: inout ByteWriter) throws {
    do throws(ConversionError) {
      try unsafe codec.writeJSON(text.span.bytes, into: &out)
    } catch {
      if error.kind != .noCounterpart, error.kind != .refusedBySchema { throw error }
      try codec.writeNullJSON(into: &out)
    }
  }

  private func tree(_ codec: ColumnCodec, _ text: [UInt8]) throws -> ConnectValue {
    do throws(ConversionError) {
      return try unsafe codec.value(text.span.bytes)
    } catch {
      if error.kind != .noCounterpart, error.kind != .refusedBySchema { throw error }
      return .null
    }
  }

  @Test func schemasAreThoseThatDebeziumRecorded() throws {
    var count = 0
    for recorded in try RecordedColumn.all() where recorded.schemaJSON != "?" {
      let codec = codec(recorded)
      var json = "-"
      if let codec {
        var out = ByteWriter()
        JSONConverter.writeSchema(codec.schema, fieldName: recorded.column.name, into: &out)
        json = String(decoding: out.copiedBytes, as: UTF8.self)
      }
      #expect(json == recorded.schemaJSON, "\(recorded.recording) \(recorded.column)")
      count += 1
    }
    #expect(count > 1000)
  }

  @Test func valuesAreThoseThatDebeziumRecorded() throws {
    var count = 0
    for recorded in try RecordedColumn.all() {
      guard let codec = codec(recorded) else { continue }
      for (text, json) in recorded.values {
        var out = ByteWriter()
        do {
          if let text {
            try write(codec, text, into: &out)
          } else {
            try codec.writeNullJSON(into: &out)
          }
        } catch {
          Issue.record(
            "\(error) \(recorded.recording) \(recorded.column) \(String(decoding: text ?? [], as: UTF8.self))")
        }
        #expect(
          String(decoding: out.copiedBytes, as: UTF8.self) == json,
          "\(recorded.recording) \(recorded.column) \(String(decoding: text ?? [], as: UTF8.self))")
        count += 1
      }
    }
    #expect(count > 3000)
  }

  @Test func absentColumnsHaveWhatDebeziumMakesUp() throws {
    var count = 0
    for recorded in try RecordedColumn.all() where recorded.absentJSON != "?" {
      guard let codec = codec(recorded) else { continue }
      var out = ByteWriter()
      codec.writeAbsentJSON(into: &out)
      #expect(
        String(decoding: out.copiedBytes, as: UTF8.self) == recorded.absentJSON,
        "\(recorded.recording) \(recorded.column)")
      count += 1
    }
    #expect(count > 1000)
  }

  @Test func treesWriteTheSameBytesAsTheRowPath() throws {
    for recorded in try RecordedColumn.all() {
      guard let codec = codec(recorded) else { continue }
      for case (let text?, _) in recorded.values {
        var direct = ByteWriter()
        try write(codec, text, into: &direct)
        let value = try tree(codec, text)
        var tree = ByteWriter()
        JSONConverter.write(value, codec.schema, codec.options, into: &tree)
        #expect(
          direct.copiedBytes == tree.copiedBytes,
          "\(recorded.recording) \(recorded.column) \(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  @Test func cutAndCorruptedTextDecodesOrThrows() throws {
    var seed: UInt64 = 42
    var seen: Set<String> = []
    for recorded in try RecordedColumn.all() {
      guard let codec = codec(recorded), case .text = codec.form else {
        guard let codec = codec(recorded) else { continue }
        for case (let text?, _) in recorded.values {
          guard text.count < 200, seen.insert("\(codec.form) \(text)").inserted else { continue }
          for length in 0...text.count {
            var out = ByteWriter()
            try? unsafe codec.writeJSON(text.span.bytes.extracting(0..<length), into: &out)
            _ = try? unsafe codec.value(text.span.bytes.extracting(0..<length))
          }
          for _ in 0..<8 where !text.isEmpty {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var corrupted = text
            corrupted[Int(seed >> 33) % text.count] = UInt8(truncatingIfNeeded: seed >> 24)
            var out = ByteWriter()
            out.append("x")
            do throws(ConversionError) {
              try unsafe codec.writeJSON(corrupted.span.bytes, into: &out)
            } catch {
              #expect(out.copiedBytes == [UInt8(ascii: "x")])
            }
            _ = try? unsafe codec.value(corrupted.span.bytes)
          }
        }
        continue
      }
    }
  }

  @Test func aColumnThatOnlyTheKeyHasIsOptionalInTheStreamAndKeepsItsValueInASnapshot() throws {
    let column = column("k", "int4", notNull: true, default: "7")
    let stream = try #require(ColumnCodec.make(column, ValueOptions(), isLeftOut: true))
    #expect(stream.schema == ConnectSchema(.int32, isOptional: true))
    #expect(try tree(stream, Array("3".utf8)) == .int32(3))
    let snapshot = try #require(ColumnCodec.make(column, ValueOptions(), origin: .snapshot, isLeftOut: true))
    #expect(!snapshot.schema.isOptional)
    #expect(try tree(snapshot, Array("3".utf8)) == .int32(3))
  }
}
