import Testing

@testable import EventRouting

/// Expected names are Debezium's, of the recorded case `names-avro` and of runs beside it.
@Suite struct NameAdjustmentTests {
  @Test func avroPutsUnderscoresForWhatItDoesNotTake() {
    #expect(NameAdjustment.avro.fieldName("Order ID") == "Order_ID")
    #expect(NameAdjustment.avro.fieldName("a.b") == "a_b")
    #expect(NameAdjustment.avro.fieldName("_x") == "_x")
    #expect(NameAdjustment.avro.schemaName("fin.My Schema.Order-Items.Value") == "fin.My_Schema.Order_Items.Value")
  }

  @Test func avroKeepsALeadingDigitBehindItsUnderscore() {
    #expect(NameAdjustment.avro.fieldName("1st") == "_1st")
    #expect(NameAdjustment.avroUnicode.fieldName("9a") == "_u0039a")
  }

  @Test func unicodeNamesTheCharacter() {
    #expect(NameAdjustment.avroUnicode.fieldName("Order ID") == "Order_u0020ID")
    #expect(NameAdjustment.avroUnicode.fieldName("_u") == "_u005fu")
    #expect(NameAdjustment.avroUnicode.fieldName("z😀ż") == "z_ud83d_ude00_u17c")
    #expect(NameAdjustment.avroUnicode.schemaName("fin.t_a") == "fin.t_u005fa")
  }

  @Test func noneChangesNothing() {
    #expect(NameAdjustment.none.fieldName("1 .é") == "1 .é")
    #expect(NameAdjustment.avro.fieldName("") == "")
  }
}
