import CRdkafka
import EmbeddedServers
import Logging
import Primitives
import Testing

@testable import KafkaSink
@testable import RelayRuntime

/// A producer that librdkafka has given up. On Apache Kafka a broker that is killed and comes back can bring it about: it no
/// longer knows the sequence numbers of what it had taken.
@Suite struct FatalProducerTests {
  private func failure(of code: rd_kafka_resp_err_t) throws -> SinkError? {
    let kafka = try EmbeddedKafka()
    let producer = try ConnectorProducer(
      properties: [(name: "bootstrap.servers", value: kafka.bootstrapServers)], transactions: nil,
      logger: Logger(label: "test"))
    var record = EncodedRecord(minimumCapacity: 16)
    record.topic = try producer.producer.topicIndex("t")
    record.bytes.append([1])
    record.value = 0..<1
    #expect(try producer.enqueue(record, ticket: 1) == .accepted)
    rd_kafka_test_fatal_error(producer.producer.client, code, "as a broker that has forgotten")
    for _ in 0..<50 {
      do throws(SinkError) {
        try producer.collect(waitMilliseconds: 100) { _, _ in }
      } catch {
        return error
      }
    }
    return nil
  }

  @Test func lostSequenceIsBegunAnew() throws {
    #expect(try failure(of: RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)?.remedy == .startOver)
  }

  @Test func rightThatIsMissingIsForTheOperator() throws {
    #expect(try failure(of: RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)?.remedy == .stop)
  }
}
