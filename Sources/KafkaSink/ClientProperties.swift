import CRdkafka

/// Properties of Kafka's Java clients, as a worker file has them, in librdkafka's names.
///
/// librdkafka's own names pass through where the Java clients have no such name. A name that neither has, and a value
/// that would weaken order or acknowledgement, is a problem. Sources: Apache Kafka's documentation, "Producer Configs",
/// "Consumer Configs"; librdkafka 2.0.2, `CONFIGURATION.md`.
public struct ClientProperties: Sendable {
  public enum Role: String, Sendable {
    case producer, consumer, admin
  }

  /// A property that is valid and changes nothing here, for the log.
  public struct Note: Sendable, Equatable {
    public var name: String
    public var reason: String
  }

  /// For `KafkaProducer`, `KafkaConsumer`, `TopicCreation`, `OffsetsTopic`.
  public private(set) var properties: [(name: String, value: String)] = []
  public private(set) var withoutEffect: [Note] = []

  private let given: [String: String]
  private let role: Role
  private var problems: [PropertyProblem] = []
  /// Which given name set a librdkafka property.
  private var origins: [String: String] = [:]

  /// A pure function of its arguments: opens no file, reaches no server.
  public static func translate(
    _ properties: [String: String], for role: Role
  ) -> Result<ClientProperties, PropertyProblems> {
    var result = ClientProperties(given: properties, role: role)
    for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
      result.take(name, value.trimmed)
    }
    guard result.problems.isEmpty else { return .failure(PropertyProblems(problems: result.problems)) }
    return .success(result)
  }

  private init(given: [String: String], role: Role) {
    self.given = given
    self.role = role
  }

  /// Properties whose values must not be shown.
  public static func isSecret(_ name: String) -> Bool {
    name.hasSuffix("password") || name.hasSuffix("secret") || name == "sasl.jaas.config" || name == "ssl.keystore.key"
      || name == "ssl.key.pem" || name == "sasl.oauthbearer.config"
  }

  // MARK: Results

  private mutating func refuse(_ name: String, _ reason: String, allowed: String? = nil) {
    let value = ClientProperties.isSecret(name) ? nil : given[name]
    problems.append(PropertyProblem(name: name, value: value, reason: reason, allowed: allowed))
  }

  private mutating func pass(_ name: String, because reason: String) {
    withoutEffect.append(Note(name: name, reason: reason))
  }

  /// Sets a librdkafka property, if librdkafka takes the value.
  private mutating func set(_ target: String, _ value: String, from name: String) {
    if let other = origins[target], other != name {
      refuse(name, "means the same as \(other) (librdkafka's \(target)), which is given too", allowed: "one of them")
      return
    }
    guard let configuration = unsafe rd_kafka_conf_new() else {
      refuse(name, "no memory")
      return
    }
    defer { unsafe rd_kafka_conf_destroy(configuration) }
    var text = [CChar](repeating: 0, count: 512)
    switch unsafe rd_kafka_conf_set(configuration, target, value, &text, text.count) {
    case RD_KAFKA_CONF_OK:
      origins[target] = name
      properties.append((target, value))
    case RD_KAFKA_CONF_UNKNOWN:
      refuse(name, "neither Kafka's Java \(role.rawValue) with a counterpart here nor librdkafka has this property")
    default:
      // librdkafka's text names the range or the values it takes, and may quote the value.
      let reason = copied(text)
      let isShown = !ClientProperties.isSecret(name) || reason.contains("not supported in this build")
      refuse(name, isShown ? reason : "librdkafka does not take this value")
    }
  }

  // MARK: Names

  private mutating func take(_ name: String, _ value: String) {
    if let owner = ClientProperties.owner(of: name), owner != role {
      // An admin client is made from the producer's settings in places, and these mean nothing to it.
      if role == .admin {
        pass(name, because: "it concerns a \(owner.rawValue)")
      } else {
        refuse(name, "is a property of a \(owner.rawValue), not of a \(role.rawValue)")
      }
      return
    }
    if let reason = ClientProperties.meaningless[name] {
      pass(name, because: reason)
      return
    }
    switch name {
    case "bootstrap.servers":
      if value.isEmpty { refuse(name, "is empty", allowed: "host:port, separated by commas") }
      let servers = value.split(separator: ",").map { String($0).trimmed }
      set(name, servers.joined(separator: ","), from: name)
    case "acks", "request.required.acks": takeAcks(name, value)
    case "enable.idempotence": takeIdempotence(name, value)
    case "max.in.flight.requests.per.connection", "max.in.flight": takeInFlight(name, value)
    case "retries", "message.send.max.retries": takeRetries(name, value)
    case "partitioner.class", "partitioner.ignore.keys", "partitioner", "queuing.strategy":
      takePartitioner(name, value)
    case "delivery.timeout.ms":
      if let number = Int(value), number < 1 {
        refuse(
          name, "must be positive; without the property a record waits as long as it takes", allowed: "1…2147483647")
      } else {
        set("message.timeout.ms", value, from: name)
      }
    case "request.timeout.ms":
      if role == .producer { set("request.timeout.ms", value, from: name) }
      // librdkafka's bound for an answer of any kind ends at five minutes.
      set("socket.timeout.ms", Int(value).map { String(min($0, 300_000)) } ?? value, from: name)
    case "batch.size":
      // Java's 0 switches batching off.
      set(name, value == "0" ? "1" : value, from: name)
    case "buffer.memory":
      guard let bytes = Int(value), bytes > 0 else {
        refuse(name, "is not a number of bytes", allowed: "1…")
        return
      }
      set("queue.buffering.max.kbytes", String(max(bytes / 1024, 1)), from: name)
    case "max.request.size": set("message.max.bytes", value, from: name)
    case "compression.gzip.level", "compression.lz4.level", "compression.zstd.level":
      let type = String(name.split(separator: ".")[1])
      if given["compression.type"]?.trimmed.lowercased() == type {
        set("compression.level", value, from: name)
      } else {
        pass(name, because: "compression.type is not \(type)")
      }
    case "metadata.max.age.ms": set("topic.metadata.refresh.interval.ms", value, from: name)
    case "send.buffer.bytes": set("socket.send.buffer.bytes", value == "-1" ? "0" : value, from: name)
    case "receive.buffer.bytes": set("socket.receive.buffer.bytes", value == "-1" ? "0" : value, from: name)
    case "connections.max.idle.ms": set(name, value == "-1" ? "0" : value, from: name)
    case "client.dns.lookup":
      if value == "use_all_dns_ips" {
        pass(name, because: "librdkafka tries all addresses of a name")
      } else {
        refuse(name, "librdkafka tries all addresses of a name and has no other way", allowed: "use_all_dns_ips")
      }
    case "interceptor.classes", "metric.reporters":
      if value.isEmpty {
        pass(name, because: "it is empty")
      } else {
        refuse(name, "names Java classes, and there is no Java here", allowed: "an empty value")
      }
    case "fetch.max.wait.ms": set("fetch.wait.max.ms", value, from: name)
    case "auto.offset.reset": set(name, value == "none" ? "error" : value, from: name)
    case _ where name.hasPrefix("sasl.") || name.hasPrefix("ssl.") || name == "security.protocol":
      takeSecurity(name, value)
    case _ where ClientProperties.reserved.contains(name) || name.hasPrefix("test.") || name.hasPrefix("internal."):
      refuse(name, "is set by this program")
    default:
      set(name, value, from: name)
    }
  }

  /// The role that alone has a Java property; `nil` where several have it or the name is not Java's.
  private static func owner(of name: String) -> Role? {
    if producerOnly.contains(name) { return .producer }
    if consumerOnly.contains(name) { return .consumer }
    return nil
  }

  private static let producerOnly: Set<String> = [
    "acks", "batch.size", "buffer.memory", "compression.type", "compression.gzip.level", "compression.lz4.level",
    "compression.zstd.level", "delivery.timeout.ms", "enable.idempotence", "key.serializer", "linger.ms",
    "max.block.ms", "max.in.flight.requests.per.connection", "max.request.size", "partitioner.class",
    "partitioner.adaptive.partitioning.enable", "partitioner.availability.timeout.ms", "partitioner.ignore.keys",
    "retries", "transaction.timeout.ms", "transactional.id", "value.serializer",
  ]

  private static let consumerOnly: Set<String> = [
    "allow.auto.create.topics", "auto.commit.interval.ms", "auto.offset.reset", "check.crcs", "enable.auto.commit",
    "fetch.max.bytes", "fetch.max.wait.ms", "fetch.min.bytes", "group.id", "group.instance.id",
    "heartbeat.interval.ms", "isolation.level", "key.deserializer", "max.partition.fetch.bytes",
    "max.poll.interval.ms", "max.poll.records", "partition.assignment.strategy", "session.timeout.ms",
    "value.deserializer",
  ]

  /// Valid names of the Java clients for which there is nothing to do.
  private static let meaningless: [String: String] = [
    "key.serializer": "the converters of the connector make the bytes",
    "value.serializer": "the converters of the connector make the bytes",
    "key.deserializer": "bytes are read as they are",
    "value.deserializer": "bytes are read as they are",
    "max.block.ms": "handing a record over never blocks; a full queue stops reading from PostgreSQL",
    "max.poll.records": "each reader sets its own bound",
    "default.api.timeout.ms": "each call has a deadline of its own",
    "auto.include.jmx.reporter": "there is no JMX",
    "enable.metrics.push": "librdkafka 2.0 pushes no metrics",
    "metrics.num.samples": "it concerns the Java client's own metrics",
    "metrics.recording.level": "it concerns the Java client's own metrics",
    "metrics.sample.window.ms": "it concerns the Java client's own metrics",
    "partitioner.adaptive.partitioning.enable": "it concerns records without a key",
    "partitioner.availability.timeout.ms": "it concerns records without a key",
    "enable.auto.commit": "no offsets are committed",
    "auto.commit.interval.ms": "no offsets are committed",
    "group.instance.id": "topics are read without a consumer group",
    "heartbeat.interval.ms": "topics are read without a consumer group",
    "max.poll.interval.ms": "topics are read without a consumer group",
    "partition.assignment.strategy": "topics are read without a consumer group",
    "session.timeout.ms": "topics are read without a consumer group",
  ]

  /// librdkafka's names that belong to the way this program uses it.
  private static let reserved: Set<String> = [
    "delivery.report.only.error", "enable.partition.eof", "enable.auto.offset.store", "enabled_events", "log.queue",
    "interceptors", "opaque", "plugin.library.paths", "statistics.interval.ms", "metadata.broker.list",
  ]

  // MARK: Order and acknowledgement

  private mutating func takeAcks(_ name: String, _ value: String) {
    guard ["all", "-1"].contains(value.lowercased()) else {
      refuse(name, "an event counts as delivered only when all in-sync replicas have it", allowed: "all, -1")
      return
    }
    set("acks", "all", from: name)
  }

  private mutating func takeIdempotence(_ name: String, _ value: String) {
    guard value.lowercased() == "true" else {
      refuse(name, "without it a retry can double or reorder records", allowed: "true")
      return
    }
    set(name, "true", from: name)
  }

  private mutating func takeInFlight(_ name: String, _ value: String) {
    guard let count = Int(value), (1...5).contains(count) else {
      refuse(name, "brokers keep the order of retries for five requests only", allowed: "1…5")
      return
    }
    set("max.in.flight.requests.per.connection", value, from: name)
  }

  private mutating func takeRetries(_ name: String, _ value: String) {
    guard let count = Int(value), count > 0 else {
      refuse(name, "without retries a passing fault of a broker loses records", allowed: "1…2147483647")
      return
    }
    set("message.send.max.retries", value, from: name)
  }

  private mutating func takePartitioner(_ name: String, _ value: String) {
    let reason = "a key's records must stay on the partition on which Kafka's Java client puts them"
    switch (name, value) {
    case ("partitioner.class", _) where value.isEmpty || value.hasSuffix(".DefaultPartitioner"):
      pass(name, because: "it is the partitioner used here")
    case ("partitioner.ignore.keys", "false"): pass(name, because: "keys decide the partition here")
    case ("partitioner", "murmur2_random"): pass(name, because: "it is the partitioner used here")
    case ("queuing.strategy", "fifo"): pass(name, because: "it is the order used here")
    case ("partitioner.ignore.keys", _): refuse(name, reason, allowed: "false")
    case ("partitioner", _): refuse(name, reason, allowed: "murmur2_random")
    case ("queuing.strategy", _): refuse(name, "changes of a key must stay in order", allowed: "fifo")
    default:
      refuse(name, reason, allowed: "no value, or org.apache.kafka.clients.producer.internals.DefaultPartitioner")
    }
  }

  // MARK: Security

  private mutating func takeSecurity(_ name: String, _ value: String) {
    switch name {
    case "security.protocol": set(name, value.lowercased(), from: name)
    case "sasl.mechanism", "sasl.mechanisms": set("sasl.mechanisms", value.uppercased(), from: name)
    case "sasl.jaas.config": takeJaas(name, value)
    case "sasl.oauthbearer.token.endpoint.url":
      set(name, value, from: name)
      if given["sasl.oauthbearer.method"] == nil { set("sasl.oauthbearer.method", "oidc", from: name) }
    case "sasl.login.callback.handler.class":
      if value.hasSuffix(".OAuthBearerLoginCallbackHandler") {
        pass(name, because: "librdkafka fetches tokens itself")
      } else {
        refuse(name, "names a Java class, and there is no Java here")
      }
    case "ssl.endpoint.identification.algorithm":
      // An empty value is how the Java client switches the check of the host name off.
      set(name, value.isEmpty ? "none" : value.lowercased(), from: name)
    case "ssl.truststore.location":
      guard isPEM("ssl.truststore.type", location: value) else {
        refuse(
          name, "a Java or PKCS#12 trust store cannot be read; export it: keytool -exportcert -rfc",
          allowed: "a PEM file, with ssl.truststore.type=PEM")
        return
      }
      set("ssl.ca.location", value, from: name)
    case "ssl.truststore.certificates": set("ssl.ca.pem", value, from: name)
    case "ssl.truststore.type":
      if value.uppercased() != "PEM" { refuse(name, "only PEM trust stores can be read", allowed: "PEM") }
    case "ssl.truststore.password": pass(name, because: "a PEM trust store has no password")
    case "ssl.keystore.location": takeKeyStore(name, value)
    case "ssl.keystore.type":
      if !["PEM", "PKCS12"].contains(value.uppercased()) {
        refuse(name, "a Java key store cannot be read", allowed: "PEM, PKCS12")
      }
    case "ssl.keystore.password":
      if isPEM("ssl.keystore.type", location: given["ssl.keystore.location"] ?? "") {
        pass(name, because: "a PEM key store has no password; its key has ssl.key.password")
      } else {
        set(name, value, from: name)
      }
    case "ssl.keystore.certificate.chain": set("ssl.certificate.pem", value, from: name)
    case "ssl.keystore.key": set("ssl.key.pem", value, from: name)
    case "ssl.cipher.suites":
      if value.contains("_WITH_") || value.hasPrefix("TLS_") {
        refuse(name, "these are Java's names of cipher suites", allowed: "OpenSSL's names, separated by colons")
      } else {
        set(name, value, from: name)
      }
    default: set(name, value, from: name)
    }
  }

  private func isPEM(_ typeName: String, location: String) -> Bool {
    if let type = given[typeName]?.trimmed { return type.uppercased() == "PEM" }
    let file = location.lowercased()
    return [".pem", ".crt", ".cer"].contains { file.hasSuffix($0) }
  }

  private mutating func takeKeyStore(_ name: String, _ value: String) {
    if isPEM("ssl.keystore.type", location: value) {
      // One file holds the key and the certificate chain; each reader takes its own blocks.
      set("ssl.certificate.location", value, from: name)
      set("ssl.key.location", value, from: name)
      return
    }
    let file = value.lowercased()
    if given["ssl.keystore.type"]?.trimmed.uppercased() == "PKCS12" || file.hasSuffix(".p12") || file.hasSuffix(".pfx")
    {
      set(name, value, from: name)
      return
    }
    refuse(
      name, "a Java key store cannot be read; convert it: keytool -importkeystore -deststoretype PKCS12",
      allowed: "a PEM or PKCS#12 file, with ssl.keystore.type")
  }

  private mutating func takeJaas(_ name: String, _ value: String) {
    guard let jaas = JaasConfiguration(value) else {
      refuse(name, "has not the form of a login module", allowed: "Module required name=\"value\" …;")
      return
    }
    switch jaas.moduleName {
    case "PlainLoginModule", "ScramLoginModule":
      guard let user = jaas.options["username"], let password = jaas.options["password"] else {
        refuse(name, "lacks username or password")
        return
      }
      set("sasl.username", user, from: name)
      set("sasl.password", password, from: name)
    case "OAuthBearerLoginModule":
      guard let client = jaas.options["clientId"], let secret = jaas.options["clientSecret"] else {
        refuse(name, "lacks clientId or clientSecret")
        return
      }
      set("sasl.oauthbearer.client.id", client, from: name)
      set("sasl.oauthbearer.client.secret", secret, from: name)
      if let scope = jaas.options["scope"] { set("sasl.oauthbearer.scope", scope, from: name) }
    case "Krb5LoginModule":
      if let keytab = jaas.options["keyTab"] { set("sasl.kerberos.keytab", keytab, from: name) }
      if let principal = jaas.options["principal"] { set("sasl.kerberos.principal", principal, from: name) }
    default:
      refuse(
        name, "this login module has no counterpart",
        allowed: "PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule, Krb5LoginModule")
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
