import CRdkafka

/// Whether the brokers take the credentials and the certificates of a client. librdkafka goes on trying with refused ones for
/// ever, and whoever waits for its answer learns only that none has come: asked once, before anything else.
public enum CredentialCheck {
  private static let turnMilliseconds: Int32 = 200

  /// Connects with a client of its own. `nil`: they are taken, or no broker has answered within the time, which is for others
  /// to tell. Without TLS and SASL there is nothing to refuse, and nobody is asked.
  ///
  /// - Parameter properties: librdkafka's names of what reaches the brokers.
  public static func refusal(
    properties: [(name: String, value: String)], timeoutMilliseconds: Int = 10_000
  ) throws(KafkaError) -> KafkaError? {
    let security = properties.last { $0.name == "security.protocol" }?.value.uppercased() ?? "PLAINTEXT"
    if security == "PLAINTEXT" { return nil }
    let client = unsafe try makeClient(
      RD_KAFKA_PRODUCER, credentials(in: properties), events: RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
    defer { unsafe rd_kafka_destroy(client) }
    let events = unsafe rd_kafka_queue_get_main(client)
    defer { unsafe rd_kafka_queue_destroy(events) }
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    while ContinuousClock.now < deadline {
      var metadata: UnsafePointer<rd_kafka_metadata>?
      let code = unsafe rd_kafka_metadata(client, 0, nil, &metadata, turnMilliseconds)
      if code == RD_KAFKA_RESP_ERR_NO_ERROR {
        unsafe rd_kafka_metadata_destroy(metadata)
        return nil
      }
      while let event = unsafe rd_kafka_queue_poll(events, 0) {
        defer { unsafe rd_kafka_event_destroy(event) }
        guard case .error(let error) = unsafe ClientEvent(event, client: client) else { continue }
        if error.kind == .authentication { return error.withHint(scramHint(properties)) }
        // No broker is there at all: no credentials have been looked at.
        if error.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue { return nil }
      }
    }
    return nil
  }

  /// What decides whether brokers let a client in.
  public static func credentials(
    in properties: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    properties.filter { property in
      property.name == "bootstrap.servers"
        || ["security.", "sasl.", "ssl.", "enable.ssl", "enable.sasl"].contains { property.name.hasPrefix($0) }
    }
  }

  /// librdkafka 2.6.1. Earlier ones repeat the client's part of the nonce in the last message of SCRAM, which Kafka 4 refuses.
  private static let goodScramVersion: Int32 = 0x0206_01FF

  static func scramHint(
    _ properties: [(name: String, value: String)], version: Int32 = rd_kafka_version()
  ) -> String? {
    let mechanism = properties.last { $0.name == "sasl.mechanism" || $0.name == "sasl.mechanisms" }?.value ?? ""
    guard mechanism.uppercased().hasPrefix("SCRAM"), version < goodScramVersion else { return nil }
    return
      "Brokers of Kafka 4 refuse SCRAM of librdkafka \(unsafe String(cString: rd_kafka_version_str())) with any password: install librdkafka 2.6.1 or later, or use sasl.mechanism=PLAIN with security.protocol=SASL_SSL"
  }
}
