import EmbeddedServers
import KafkaSink
import Testing

@Suite struct TopicCreationTests {
  @Test func brokerWithoutTheRequestIsUnsupportedAndTheProducerGoesOn() throws {
    let kafka = try EmbeddedKafka()
    let topic = TopicSpecification(name: "wanted", partitions: 3, configuration: ["cleanup.policy": "compact"])
    let producer = try makeProducer(kafka)
    #expect(try producer.createMissingTopics([topic], timeoutMilliseconds: 5000) == ["wanted": .unsupported])
    #expect(producer.fatalError == nil)
    let properties = [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    #expect(
      try TopicCreation.createMissing([topic], properties: properties, timeoutMilliseconds: 5000)
        == ["wanted": .unsupported])
  }

  @Test func unreachableBrokersEndWithTheDeadline() throws {
    let kafka = try EmbeddedKafka()
    let producer = try makeProducer(kafka)
    try kafka.takeDown()
    do {
      _ = try producer.createMissingTopics([TopicSpecification(name: "wanted")], timeoutMilliseconds: 300)
      Issue.record("answered")
    } catch {
      #expect(error.isRetriable)
    }
  }

  @Test func wrongPartitionCountIsAnError() throws {
    let kafka = try EmbeddedKafka()
    let producer = try makeProducer(kafka)
    #expect(throws: KafkaError.self) {
      try producer.createMissingTopics([TopicSpecification(name: "wanted", partitions: -5)])
    }
  }
}
