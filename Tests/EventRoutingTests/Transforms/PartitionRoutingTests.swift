import ConnectData
import Testing

@testable import EventRouting

@Suite struct PartitionRoutingTests {
  /// Text, its hash in Java, and in Debezium's murmur: of Debezium 3.6.3 on Java 17.
  private static let texts: [(text: String, java: Int32, murmur: Int32)] = [
    ("", 0, 89125410),
    ("a", 97, -1119243492),
    ("abcdefg", -1206291356, 138562689),
    ("abcdefgh", 1259673732, 935839100),
    ("abcdefghi", 395180133, 700694511),
    ("0123456789abcdef", 285443752, 26898387),
    ("0123456789abcdef!", 258821753, -280583579),
    ("\u{e9}\u{20ac}\u{1f600} and some more text", 300152111, -1650252791),
  ]

  @Test(arguments: texts.indices) func textsHashAsInJava(_ index: Int) {
    let (text, java, murmur) = Self.texts[index]
    #expect(JavaHashCode.of(.text(text), ConnectSchema(.string)) == java)
    #expect(MurmurHash3.hash(Array(text.utf8)) == murmur)
  }

  private static let decimal = ConnectSchema(.bytes, name: "org.apache.kafka.connect.data.Decimal", version: 1)
  private static let values: [(value: ConnectValue, schema: ConnectSchema, java: Int32, murmur: Int32)] = [
    (.int32(0), ConnectSchema(.int32), 0, 1_805_505_889),
    (.int32(-1), ConnectSchema(.int32), -1, 171_705_313),
    (.int64(5_000_000_000), ConnectSchema(.int64), 705_032_705, -716_149_582),
    (.int64(-1), ConnectSchema(.int64), 0, 1_805_505_889),
    (.float64(1.5), ConnectSchema(.float64), 1_073_217_536, -1_122_085_266),
    (.float64(-0.0), ConnectSchema(.float64), Int32.min, -797_218_156),
    (.float32(1.5), ConnectSchema(.float32), 1_069_547_520, 1_166_483_436),
    (.boolean(true), ConnectSchema(.boolean), 1231, -1_891_831_265),
    (.boolean(false), ConnectSchema(.boolean), 1237, -682_375_457),
    (.int16(-3), ConnectSchema(.int16), -3, -1_765_749_021),
    (JavaDecimal("12.50")!.value, decimal, 38752, -1_550_805_569),
    (JavaDecimal("-12.50")!.value, decimal, -38748, -1_379_530_310),
    (JavaDecimal("-12345678901234567890.123")!.value, decimal, -647_166_411, -1_383_346_355),
    (JavaDecimal("4294967296")!.value, decimal, 961, 392_629_079),
    (.bytes([1, 2, 255]), ConnectSchema(.bytes), 28893, -113_237_671),
    (.array([.text("a"), .text("b")]), ConnectSchema(.array(ConnectSchema(.string))), 4066, -645_483_681),
    (.int64(1_704_164_645_006), LogicalType.timestamp.schema, -937_371_390, -1_853_419_420),
  ]

  @Test(arguments: values.indices) func valuesHashAsInJava(_ index: Int) throws {
    let (value, schema, java, murmur) = Self.values[index]
    let hash = try #require(JavaHashCode.of(value, schema))
    #expect(hash == java)
    #expect(MurmurHash3.hash(hash) == murmur)
  }

  @Test func bitStringsHashByMurmurOnly() {
    #expect(JavaHashCode.of(.bytes([1, 2, 255]), ConnectSchema(.bytes, name: "io.debezium.data.Bits")) == nil)
    #expect(MurmurHash3.hash([1, 2, 255]) == 369_104_117)
  }

  // MARK: Records

  private static let row = ConnectSchema(
    .structure([
      ConnectField("id", ConnectSchema(.int32)), ConnectField("name", ConnectSchema(.string, isOptional: true)),
    ]), isOptional: true)
  private static let envelope = SharedSchema(
    ConnectSchema(
      .structure([
        ConnectField("before", row), ConnectField("after", row), ConnectField("op", ConnectSchema(.string)),
      ]), name: "t.public.a.Envelope"))

  private func partition(
    _ fields: [String], before: ConnectValue = .null, after: ConnectValue = .null, op: String
  ) throws -> Int32? {
    var transform = PartitionRouting(.init(fields: fields, partitionCount: 7))
    var record = ConnectRecord(
      topic: "t", keySchema: nil, key: .null, valueSchema: Self.envelope,
      value: .structure([before, after, .text(op)]))
    #expect(try transform.apply(&record))
    return record.partition
  }

  private func row(_ id: Int32, _ name: String?) -> ConnectValue {
    .structure([.int32(id), name.map { .text($0) } ?? .null])
  }

  @Test func changeIsTheRowThatARecordHas() throws {
    #expect(try partition(["change.id"], after: row(9, nil), op: "c") == 2)
    #expect(try partition(["change.id"], before: row(9, nil), op: "d") == 2)
  }

  @Test func hashesAreAddedAndNullsAndUnknownFieldsPassedOver() throws {
    #expect(try partition(["change.id", "change.name", "after.none", "none.id"], after: row(9, nil), op: "c") == 2)
    #expect(try partition(["change.id", "change.name"], after: row(9, "a"), op: "c") == (9 + 97) % 7)
    #expect(try partition(["change.id"], after: row(-1, nil), op: "c") == 0)
  }

  @Test func aRecordWithoutTheFieldsKeepsItsPartition() throws {
    #expect(try partition(["change.name"], after: row(9, nil), op: "c") == nil)
    #expect(try partition(["after.id"], op: "t") == nil)
  }

  @Test func aFieldOfARowThatIsNotThereFails() {
    #expect(throws: TransformFailure.self) { try partition(["after.id"], before: row(1, nil), op: "d") }
  }
}
