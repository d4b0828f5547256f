import CRdkafka
import EmbeddedServers
import Testing

@testable import KafkaSink

@Suite struct CredentialCheckTests {
  private func properties(_ servers: String, _ more: [String: String]) -> [(name: String, value: String)] {
    [(name: "bootstrap.servers", value: servers)] + more.map { (name: $0.key, value: $0.value) }
  }

  @Test func withoutTLSAndSASLNobodyIsAsked() throws {
    // Nobody is there: asking would take its time.
    let start = ContinuousClock.now
    #expect(try CredentialCheck.refusal(properties: properties("127.0.0.1:9", [:])) == nil)
    #expect(ContinuousClock.now - start < .seconds(1))
  }

  @Test func brokersThatAreAwayRefuseNothing() throws {
    let sasl = [
      "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "p",
    ]
    let refusal = try CredentialCheck.refusal(properties: properties("127.0.0.1:9", sasl), timeoutMilliseconds: 3_000)
    #expect(refusal == nil)
  }

  @Test func certificateThatIsNotToBeVerifiedIsNoNetworkFault() {
    let text = "SSL handshake failed: error:0A000086: certificate verify failed"
    #expect(KafkaError(code: RD_KAFKA_RESP_ERR__SSL, text: text).kind == .authentication)
    #expect(KafkaError(code: RD_KAFKA_RESP_ERR__SSL, text: "SSL handshake failed: Disconnected").kind == .unreachable)
  }

  @Test func scramOfAnOldLibraryIsNamed() {
    let scram = properties("a", ["sasl.mechanism": "SCRAM-SHA-512"])
    #expect(CredentialCheck.scramHint(scram, version: 0x0200_02FF)?.contains("2.6.1") == true)
    #expect(CredentialCheck.scramHint(scram, version: 0x0206_01FF) == nil)
    #expect(CredentialCheck.scramHint(properties("a", ["sasl.mechanism": "PLAIN"]), version: 0x0200_02FF) == nil)
  }

  @Test func topicThatCannotBeMadeIsForTheOperator() {
    #expect(KafkaError(code: RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR).kind == .configuration)
    #expect(!KafkaError(code: RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR).isRetriable)
  }
}
