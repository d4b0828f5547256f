import PgOutput
import Primitives
import RelayTestSupport
import Testing

@Suite struct MessagesTests {
  @Test func beginCarriesCommitPositionTimeAndTransaction() {
    let begin = Begin(
      commitLSN: LSN(rawValue: 0x16_0000_0001), committedAt: PostgresTimestamp(microsecondsSince2000: 1_000),
      transaction: TransactionID(rawValue: 42))
    #expect(
      decode(WireBuilder.begin(commitLSN: 0x16_0000_0001, microseconds: 1_000, xid: 42)) == .success(.begin(begin)))
  }

  @Test func commitCarriesItsEndApartFromItsStart() {
    let commit = Commit(
      commitLSN: LSN(rawValue: 5), endLSN: LSN(rawValue: 9), committedAt: PostgresTimestamp(microsecondsSince2000: -3))
    #expect(decode(WireBuilder.commit(commitLSN: 5, endLSN: 9, microseconds: -3)) == .success(.commit(commit)))
  }

  @Test func originCarriesTheNameOfTheOtherServer() {
    #expect(
      decode(WireBuilder.origin(commitLSN: 77, name: "ünï"))
        == .success(.origin(Origin(commitLSN: LSN(rawValue: 77), name: "ünï"))))
  }

  @Test func relationCarriesIdentityAndColumns() {
    let bytes = WireBuilder.relation(
      16_384, schema: "bank", name: "accounts", identity: "i",
      columns: [("id", 2950, -1, true), ("balance", 1700, 983_046, false)])
    let relation = Relation(
      oid: RelationOID(rawValue: 16_384), schema: "bank", name: "accounts", replicaIdentity: .index,
      columns: [
        .init(isKey: true, name: "id", type: .uuid, typeModifier: -1),
        .init(isKey: false, name: "balance", type: .numeric, typeModifier: 983_046),
      ])
    #expect(decode(bytes) == .success(.relation(relation)))
  }

  @Test func relationWithEmptySchemaIsInPgCatalog() throws {
    let message = try decode(WireBuilder.relation(1, schema: "", name: "t", columns: [])).get()
    guard case .relation(let relation) = message else {
      Issue.record("not a relation: \(message)")
      return
    }
    #expect(relation.schema == "pg_catalog")
  }

  @Test func relationWithUnknownIdentityIsRefused() {
    #expect(
      decode(WireBuilder.relation(1, name: "t", identity: "?", columns: []))
        == .failure(.unknownTag(UInt8(ascii: "?"), at: 14)))
  }

  @Test func typeCarriesItsName() {
    #expect(
      decode(WireBuilder.type(16_400, schema: "public", name: "mood"))
        == .success(.type(TypeMessage(oid: TypeOID(rawValue: 16_400), schema: "public", name: "mood"))))
  }

  @Test func insertKeepsNullApartFromEmptyText() throws {
    let bytes = WireBuilder.insert(9, [.text("a"), .null, .text("")])
    var decoder = PgOutputDecoder()
    #expect(decode(bytes, &decoder) == .success(.insert(RelationOID(rawValue: 9))))
    #expect(texts(decoder.newTuple, in: bytes) == ["a", nil, ""])
  }

  @Test func updateWithoutOldRowHasOnlyTheNewOne() {
    let bytes = WireBuilder.update(9, [.text("a"), .unchanged])
    var decoder = PgOutputDecoder()
    #expect(decode(bytes, &decoder) == .success(.update(RelationOID(rawValue: 9), old: .none)))
    #expect(texts(decoder.newTuple, in: bytes) == ["a", "?"])
  }

  @Test func updateWithKeyHasOldKeyAndNewRow() {
    let bytes = WireBuilder.update(9, old: ("K", [.text("1"), .null]), [.text("2"), .text("b")])
    var decoder = PgOutputDecoder()
    #expect(decode(bytes, &decoder) == .success(.update(RelationOID(rawValue: 9), old: .key)))
    #expect(texts(decoder.oldTuple, in: bytes) == ["1", nil])
    #expect(texts(decoder.newTuple, in: bytes) == ["2", "b"])
  }

  @Test func deleteTellsKeyFromWholeRow() {
    #expect(
      decode(WireBuilder.delete(9, tag: "K", [.text("1")])) == .success(.delete(RelationOID(rawValue: 9), old: .key)))
    #expect(
      decode(WireBuilder.delete(9, tag: "O", [.text("1")])) == .success(.delete(RelationOID(rawValue: 9), old: .full)))
  }

  @Test func truncateCarriesAllRelationsAndOptions() {
    let truncate = Truncate(
      cascades: true, restartsIdentity: true, relations: [RelationOID(rawValue: 1), RelationOID(rawValue: 2)])
    #expect(decode(WireBuilder.truncate([1, 2], options: 3)) == .success(.truncate(truncate)))
  }

  @Test func truncateWithACountBeyondItsBytesIsRefusedBeforeAllocating() {
    var bytes = WireBuilder.truncate([1])
    bytes.replaceSubrange(1..<5, with: [0x7F, 0xFF, 0xFF, 0xFF])
    #expect(decode(bytes) == .failure(.invalidLength(0x7FFF_FFFF, at: 1)))
  }

  @Test func messageLendsItsContentByRange() throws {
    let bytes = WireBuilder.message(isTransactional: false, lsn: 12, prefix: "audit", content: [1, 2, 3])
    guard case .logicalMessage(let message) = try decode(bytes).get() else {
      Issue.record("not a message")
      return
    }
    #expect(!message.isTransactional)
    #expect(message.prefix == "audit")
    #expect(Array(bytes[message.content]) == [1, 2, 3])
  }

  @Test func unknownMessageKindIsRefused() {
    #expect(decode([UInt8(ascii: "?"), 0, 0]) == .failure(.unknownTag(UInt8(ascii: "?"), at: 0)))
  }

  @Test func bytesBehindTheMessageAreRefused() {
    #expect(decode(WireBuilder.type(1, schema: "s", name: "n") + [0]) == .failure(.trailingBytes(count: 1, at: 9)))
  }

  @Test func nameThatIsNoUTF8IsRefused() {
    var bytes = WireBuilder.origin(commitLSN: 1, name: "ab")
    bytes[9] = 0xFF
    #expect(decode(bytes) == .failure(.invalidUTF8(at: 9)))
  }
}

@Suite struct DamagedMessagesTests {
  @Test(arguments: everyMessage.map(\.name)) func everyCutIsAnErrorAndNeverATrap(_ name: String) {
    let bytes = everyMessage.first { $0.name == name }!.bytes
    for count in 0..<bytes.count {
      guard case .failure = decode(Array(bytes.prefix(count))) else {
        Issue.record("\(name) cut at \(count) of \(bytes.count) bytes was accepted")
        continue
      }
    }
  }

  /// Every four bytes of every message, taken as a length or count, at the ends of its range.
  @Test(arguments: everyMessage.map(\.name)) func everyIntegerAtItsEndsDecodesOrThrows(_ name: String) {
    let bytes = everyMessage.first { $0.name == name }!.bytes
    let patterns: [[UInt8]] = [
      [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0xFF, 0xFF], [0x7F, 0xFF],
      [0], [0xFF],
    ]
    for pattern in patterns {
      for at in 1...(max(1, bytes.count - pattern.count)) where at + pattern.count <= bytes.count {
        var damaged = bytes
        damaged.replaceSubrange(at..<(at + pattern.count), with: pattern)
        _ = decode(damaged)
      }
    }
  }

  @Test func randomBytesDecodeOrThrow() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<20_000 {
      let source = everyMessage[Int.random(in: 0..<everyMessage.count, using: &random)].bytes
      var damaged = source
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = decode(damaged)
    }
  }
}
