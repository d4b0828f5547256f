/// What a `worker.properties` file says.
public struct WorkerConfig: Sendable, Hashable {
  public var file: String
  /// `host:port`, at least one.
  public var bootstrapServers: [String]
  /// Kafka client settings at the top level (`security.protocol`, `sasl.*`, `ssl.*`, …) by their Java names. As in
  /// Kafka Connect they serve the offsets topic and topic creation, not the producers.
  public var clientProperties: [String: ConfigText] = [:]
  /// `producer.*` without the prefix, by their Java names.
  public var producerProperties: [String: ConfigText] = [:]
  /// `consumer.*` without the prefix.
  public var consumerProperties: [String: ConfigText] = [:]
  /// `admin.*` without the prefix, over `clientProperties`.
  public var adminProperties: [String: ConfigText] = [:]
  public var keyConverter = ConverterOptions.json(JSONConverterOptions())
  public var valueConverter = ConverterOptions.json(JSONConverterOptions())
  public var headerConverter = HeaderConverterOptions.simple
  public var offsetStorage = OffsetStorage.table
  public var offsetFlushIntervalMilliseconds: Int64 = 60_000
  /// `exactly.once.source.support=enabled`
  public var isExactlyOnce = false
  /// `group.id`: first part of each connector's `transactional.id`.
  public var groupID = "sluice"
  /// `sluice.slot.shared`, with its name and bounds; `nil` where each connector has a slot of its own.
  public var sharedSlot: SharedSlotOptions?
  public var topicCreationEnable = true
  /// How long a connector may take to stop.
  public var taskShutdownGracefulTimeoutMilliseconds: Int64 = 5_000
  /// Addresses of the HTTP interface, as written.
  public var listeners: [String] = []
  /// Every property in force, in the catalogue's order.
  public var properties: [EffectiveProperty] = []

  public init(file: String = "worker", bootstrapServers: [String]) {
    self.file = file
    self.bootstrapServers = bootstrapServers
  }
}

/// The slot that a worker's connectors share.
public struct SharedSlotOptions: Sendable, Hashable {
  /// `sluice.slot.name`
  public var name: String
  /// `sluice.slot.shared.wait.ms`
  public var waitMilliseconds: Int64
}

extension WorkerConfig: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The properties that the file sets, secrets masked.
  public var description: String {
    let set = properties.filter { $0.origin != .defaultValue }
    return "\(file): " + set.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
