import KafkaSink
import Testing

@Suite struct ClientPropertiesTests {
  func translated(
    _ properties: [String: String], _ role: ClientProperties.Role = .producer
  ) throws -> [String: String] {
    let result = try ClientProperties.translate(properties, for: role).get()
    return Dictionary(uniqueKeysWithValues: result.properties.map { ($0.name, $0.value) })
  }

  func refusal(
    _ properties: [String: String], _ role: ClientProperties.Role = .producer
  ) -> PropertyProblem? {
    guard case .failure(let problems) = ClientProperties.translate(properties, for: role) else { return nil }
    #expect(problems.problems.count == 1)
    return problems.problems.first
  }

  @Test func javaNamesBecomeLibrdkafkas() throws {
    let result = try translated([
      "bootstrap.servers": "a:9092 , b:9092", "client.id": "x", "compression.type": "zstd",
      "compression.zstd.level": "3", "linger.ms": "5", "batch.size": "0", "buffer.memory": "33554432",
      "max.request.size": "1048576", "delivery.timeout.ms": "2147483647", "request.timeout.ms": "400000",
      "retries": "10", "retry.backoff.ms": "100", "max.in.flight.requests.per.connection": "5", "acks": "-1",
      "enable.idempotence": "true", "metadata.max.age.ms": "300000", "connections.max.idle.ms": "-1",
      "reconnect.backoff.max.ms": "1000", "send.buffer.bytes": "-1",
    ])
    #expect(
      result == [
        "bootstrap.servers": "a:9092,b:9092", "client.id": "x", "compression.type": "zstd", "compression.level": "3",
        "linger.ms": "5", "batch.size": "1", "queue.buffering.max.kbytes": "32768", "message.max.bytes": "1048576",
        "message.timeout.ms": "2147483647", "request.timeout.ms": "400000", "socket.timeout.ms": "300000",
        "message.send.max.retries": "10", "retry.backoff.ms": "100", "max.in.flight.requests.per.connection": "5",
        "acks": "all", "enable.idempotence": "true", "topic.metadata.refresh.interval.ms": "300000",
        "connections.max.idle.ms": "0", "reconnect.backoff.max.ms": "1000", "socket.send.buffer.bytes": "0",
      ])
  }

  @Test(arguments: [
    ["acks": "1"], ["acks": "0"], ["request.required.acks": "1"], ["enable.idempotence": "false"],
    ["max.in.flight.requests.per.connection": "6"], ["max.in.flight": "100"], ["retries": "0"],
    ["message.send.max.retries": "0"], ["partitioner.class": "org.example.MyPartitioner"],
    ["partitioner.ignore.keys": "true"], ["partitioner": "random"], ["queuing.strategy": "lifo"],
  ])
  func valueThatWeakensOrderOrAcknowledgementIsRefused(properties: [String: String]) throws {
    let problem = try #require(refusal(properties))
    #expect(problem.name == properties.keys.first)
    #expect(problem.value == properties.values.first)
    #expect(problem.allowed != nil)
  }

  @Test(arguments: ["no.such.name", "retry.backoff.max.ms", "socket.connection.setup.timeout.max.ms", "dr_msg_cb"])
  func nameWithoutCounterpartIsRefused(name: String) throws {
    #expect(try #require(refusal([name: "1"])).name == name)
  }

  @Test(arguments: ["log.queue", "statistics.interval.ms", "plugin.library.paths", "test.mock.num.brokers"])
  func nameThatThisProgramSetsIsRefused(name: String) throws {
    #expect(try #require(refusal([name: "1"])).reason == "is set by this program")
  }

  @Test func valueOutOfRangeIsRefusedWithTheRange() throws {
    let problem = try #require(refusal(["linger.ms": "900001"]))
    #expect(problem.reason.contains("0..900000"))
    #expect(self.refusal(["buffer.memory": "much"])?.name == "buffer.memory")
    #expect(self.refusal(["delivery.timeout.ms": "0"])?.name == "delivery.timeout.ms")
  }

  @Test func namesOfLibrdkafkaPassThrough() throws {
    let given = [
      "queue.buffering.max.messages": "1000", "socket.keepalive.enable": "true", "ssl.ca.location": "/ca.pem",
      "sasl.username": "u", "broker.address.family": "v4",
    ]
    #expect(try translated(given) == given)
  }

  @Test func twoNamesOfOneSettingAreRefused() throws {
    let problem = try #require(refusal(["buffer.memory": "1048576", "queue.buffering.max.kbytes": "1"]))
    #expect(problem.reason.contains("buffer.memory"))
  }

  @Test func allProblemsComeAtOnceInTheOrderOfNames() throws {
    guard
      case .failure(let problems) = ClientProperties.translate(
        ["retries": "0", "acks": "1", "zzz": "1", "linger.ms": "5"], for: .producer)
    else {
      Issue.record("accepted")
      return
    }
    #expect(problems.problems.map(\.name) == ["acks", "retries", "zzz"])
  }

  @Test func namesWithoutMeaningAreNotedAndSetNothing() throws {
    let result = try ClientProperties.translate(
      ["key.serializer": "org.example.S", "max.block.ms": "9223372036854775807", "interceptor.classes": ""],
      for: .producer
    ).get()
    #expect(result.properties.isEmpty)
    #expect(result.withoutEffect.map(\.name) == ["interceptor.classes", "key.serializer", "max.block.ms"])
    #expect(refusal(["interceptor.classes": "org.example.I"])?.name == "interceptor.classes")
  }

  @Test func propertiesOfAnotherRoleAreRefused() throws {
    #expect(refusal(["linger.ms": "5"], .consumer)?.name == "linger.ms")
    #expect(refusal(["isolation.level": "read_committed"], .producer)?.name == "isolation.level")
    #expect(
      try translated(["fetch.max.wait.ms": "10", "auto.offset.reset": "none"], .consumer) == [
        "fetch.wait.max.ms": "10", "auto.offset.reset": "error",
      ])
    #expect(try translated(["request.timeout.ms": "1000", "linger.ms": "5"], .admin) == ["socket.timeout.ms": "1000"])
  }

  @Test func jaasConfigurationGivesNameAndPassword() throws {
    let plain = try translated([
      "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN",
      "sasl.jaas.config":
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" "
        + "password=\"a\\\"b; c=\\\\d\";",
    ])
    #expect(
      plain == [
        "security.protocol": "sasl_ssl", "sasl.mechanisms": "PLAIN", "sasl.username": "alice",
        "sasl.password": "a\"b; c=\\d",
      ])
    let scram = try translated([
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.jaas.config":
        "org.apache.kafka.common.security.scram.ScramLoginModule required\n username=bob\n password=p ;",
    ])
    #expect(scram == ["sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": "bob", "sasl.password": "p"])
  }

  /// Debian's librdkafka is built without libcurl, and so without OpenID Connect: then the refusal must say it.
  @Test func oauthConfigurationUsesTheTokenEndpointWhereLibrdkafkaCan() {
    let result = ClientProperties.translate(
      [
        "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": "https://id/token",
        "sasl.jaas.config":
          "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"c\" "
          + "clientSecret=\"s\" scope=\"kafka\";",
        "sasl.login.callback.handler.class":
          "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
      ], for: .producer)
    switch result {
    case .success(let translated):
      let names = Dictionary(uniqueKeysWithValues: translated.properties.map { ($0.name, $0.value) })
      #expect(
        names == [
          "sasl.mechanisms": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": "https://id/token",
          "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": "c",
          "sasl.oauthbearer.client.secret": "s", "sasl.oauthbearer.scope": "kafka",
        ])
    case .failure(let problems):
      #expect(Set(problems.problems.map(\.name)) == ["sasl.jaas.config", "sasl.oauthbearer.token.endpoint.url"])
      #expect(problems.problems.allSatisfy { $0.reason.contains("not supported in this build") })
    }
  }

  @Test(arguments: [
    "", "PlainLoginModule", "PlainLoginModule required username=\"a\"", "PlainLoginModule required username=\"a;",
    "PlainLoginModule required username=a;", "PlainLoginModule sometimes username=a password=secret;",
    "PlainLoginModule required username=a password=secret; Other required;", "Unknown required password=secret;",
  ])
  func wrongJaasConfigurationIsRefusedWithoutShowingIt(text: String) throws {
    let problem = try #require(refusal(["sasl.jaas.config": text]))
    #expect(problem.value == nil)
    #expect(!problem.description.contains("secret"))
  }

  @Test func pemAndPKCS12StoresAreTakenAndJavaStoresRefused() throws {
    #expect(
      try translated(["ssl.truststore.type": "PEM", "ssl.truststore.location": "/t"]) == ["ssl.ca.location": "/t"])
    #expect(
      try translated(["ssl.keystore.location": "/k.pem", "ssl.key.password": "p"]) == [
        "ssl.certificate.location": "/k.pem", "ssl.key.location": "/k.pem", "ssl.key.password": "p",
      ])
    #expect(
      try translated(["ssl.keystore.location": "/k.p12", "ssl.keystore.password": "p"]) == [
        "ssl.keystore.location": "/k.p12", "ssl.keystore.password": "p",
      ])
    #expect(refusal(["ssl.truststore.location": "/t.jks"])?.name == "ssl.truststore.location")
    #expect(refusal(["ssl.keystore.location": "/k.jks"])?.name == "ssl.keystore.location")
    #expect(
      try translated(["ssl.endpoint.identification.algorithm": ""]) == [
        "ssl.endpoint.identification.algorithm": "none"
      ])
  }
}
