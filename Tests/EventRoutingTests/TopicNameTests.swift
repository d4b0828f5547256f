import Testing

@testable import EventRouting

@Suite struct TopicNameTests {
  @Test func aTableTopicIsPrefixSchemaAndTable() {
    #expect(TopicName(prefix: "fin").data(TableID(schema: "public", name: "t")) == "fin.public.t")
  }

  @Test func theDelimiterStandsBetweenTheParts() {
    let name = TopicName(prefix: "fin", delimiter: "-", transactionName: "tx")
    #expect(name.data(TableID(schema: "public", name: "t")) == "fin-public-t")
    #expect(name.transaction == "fin-tx")
  }

  @Test func lettersDigitsAndThreeMarksStayAsTheyAre() {
    #expect(TopicName.sanitized("azAZ09-_.") == "azAZ09-_.")
  }

  @Test func whatKafkaDoesNotTakeBecomesAnUnderscore() {
    #expect(TopicName.sanitized("a b/c$\u{7F}\"é漢") == "a_b_c_____")
  }

  @Test func aCharacterBeyondSixteenBitsBecomesTwoUnderscores() {
    #expect(TopicName.sanitized("a😀b") == "a__b")
  }

  @Test func aDecomposedLetterBecomesTheLetterAndAnUnderscore() {
    #expect(TopicName.sanitized("e\u{0301}") == "e_")
  }

  @Test func theTransactionTopicIsSanitized() {
    #expect(TopicName(prefix: "f n").transaction == "f_n.transaction")
  }

  @Test func theDefaultStrategyLeavesTheSchemaOut() {
    let name = TopicName(prefix: "fin", parts: .table)
    #expect(name.data(TableID(schema: "public", name: "t")) == "fin.t")
  }

  @Test func theUnicodeStrategiesEscapeWithTheCharactersNumber() {
    let name = TopicName(prefix: "f", escapesUnicode: true)
    #expect(name.data(TableID(schema: "a_b", name: "ä š\t漢😀")) == "f.a_u005fb._u00e4_u0020_u161_u009_u6f22_ud83d_ude00")
  }

  @Test func partsOfNothingButBlanksAreLeftOut() {
    #expect(TopicName(prefix: "f").data(TableID(schema: " ", name: "t")) == "f.t")
  }

  @Test func aNameIsCutAtKafkasLongest() {
    let name = TopicName(prefix: String(repeating: "p", count: 250))
    #expect(name.data(TableID(schema: "s", name: "t")) == String(repeating: "p", count: 249))
  }

  @Test func messagesHaveATopicWithoutTheDelimiter() {
    #expect(TopicName(prefix: "fin", delimiter: "-").message == "fin.message")
  }

  @Test func tablesShareATopicAndAreToldApartInTheKey() throws {
    let shards = try RegexRouter(pattern: JavaPattern("(.*)shard_(.*)"), replacement: JavaReplacement("$1all"))
    let identifier = try RegexRouter(pattern: JavaPattern(".*shard_(.*)"), replacement: JavaReplacement("s$1"))
    let merging = try TopicMerging(router: shards, keyFieldName: "from", keyFieldRouter: identifier)
    let name = TopicName(prefix: "f", merging: merging)
    let shard = TableID(schema: "public", name: "shard_1 a")
    #expect(name.data(shard) == "f.public.all")
    #expect(name.keyField(shard)! == ("from", "s1 a"))
    let other = TableID(schema: "public", name: "x y")
    #expect(name.data(other) == "f.public.x_y")
    #expect(name.keyField(other)! == ("from", "f.public.x y"))
    #expect(TopicName(prefix: "f").keyField(shard) == nil)
  }

  @Test func aReplacementThatNamesNoGroupIsRefused() throws {
    let router = try RegexRouter(pattern: JavaPattern("(.*)"), replacement: JavaReplacement("$2"))
    #expect(throws: JavaReplacement.Refusal.self) {
      try TopicMerging(router: router, keyFieldName: nil, keyFieldRouter: nil)
    }
  }
}
