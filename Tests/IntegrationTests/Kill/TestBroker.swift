import EmbeddedServers
import Foundation
import KafkaSink
import Synchronization
import Testing

/// The broker of one test: one in this process, or the Kafka that `BOOTSTRAP_SERVERS` names.
final class TestBroker: Sendable {
  /// `nil` when the tests bring their own broker.
  static let given = ProcessInfo.processInfo.environment["BOOTSTRAP_SERVERS"].flatMap { $0.isEmpty ? nil : $0 }
  static let needsKafka: Comment =
    "needs transactions in full: BOOTSTRAP_SERVERS=host:9092 names an Apache Kafka without authentication"

  let bootstrapServers: String
  private let embedded: EmbeddedKafka?
  /// Set apart what a test leaves in a Kafka that stays.
  private let suffix: String

  init() throws {
    if let given = Self.given {
      embedded = nil
      bootstrapServers = given
      suffix = "-" + String(UInt32.random(in: .min ... .max), radix: 36)
    } else {
      let kafka = try EmbeddedKafka()
      embedded = kafka
      bootstrapServers = kafka.bootstrapServers
      suffix = ""
    }
  }

  /// The embedded one shows readers also what was aborted.
  var isIsolating: Bool { embedded == nil }

  /// A name of a topic prefix, a connector or a topic that no other test has.
  func name(_ name: String) -> String { name + suffix }

  var properties: [(name: String, value: String)] { [(name: "bootstrap.servers", value: bootstrapServers)] }

  func createTopic(_ name: String, configuration: [String: String] = [:]) throws {
    if let embedded { return try embedded.createTopic(name) }
    let topic = TopicSpecification(
      name: name, partitions: EmbeddedKafka.automaticPartitions, configuration: configuration)
    _ = try TopicCreation.createMissing([topic], properties: properties)
  }

  /// The embedded broker's answers come so much later.
  func delay(milliseconds: Int32) throws { try embedded?.setRoundTripTime(milliseconds: milliseconds) }

  /// The embedded broker is away until `bringUp`.
  func takeDown() throws { try embedded?.takeDown() }
  func bringUp() throws { try embedded?.bringUp() }

  func stop() { embedded?.stop() }
}
