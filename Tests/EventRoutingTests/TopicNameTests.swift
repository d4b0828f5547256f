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
}
