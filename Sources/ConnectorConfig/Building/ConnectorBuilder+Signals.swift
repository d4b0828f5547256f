extension ConnectorBuilder {
  static func signals(_ set: PropertySet, _ problems: inout ProblemCollector) -> SignalOptions {
    var signals = SignalOptions()
    signals.tables = set.list("signal.data.collection")
    signals.channels = channels(set, &problems)
    signals.pollIntervalMilliseconds = set.integer("signal.poll.interval.ms", or: signals.pollIntervalMilliseconds)
    signals.file = set.nonEmptyText("signal.file") ?? signals.file
    signals.kafkaTopic = set.nonEmptyText("signal.kafka.topic")
    signals.kafkaBootstrapServers = set.nonEmptyText("signal.kafka.bootstrap.servers")
    signals.kafkaGroup = set.nonEmptyText("signal.kafka.groupId") ?? signals.kafkaGroup
    signals.consumer = set.map("signal.consumer.")
    signals.isReadOnly = set.boolean("read.only")
    signals.chunkRows = set.integer("incremental.snapshot.chunk.size", or: signals.chunkRows)
    signals.closesByDeleting =
      set.text("incremental.snapshot.watermarking.strategy").trimmedASCII().lowercased() == "insert_delete"
    readNotifications(set, &signals, &problems)
    return signals
  }

  private static func channels(
    _ set: PropertySet, _ problems: inout ProblemCollector
  ) -> Set<SignalOptions.Channel> {
    var channels: Set<SignalOptions.Channel> = []
    for word in set.list("signal.enabled.channels") {
      if let channel = SignalOptions.Channel(rawValue: word) {
        channels.insert(channel)
      } else if let reason = unreachable[word] {
        notice(set, "signal.enabled.channels", "\(word) has no effect: \(reason)", &problems)
      } else {
        refuse(set, "signal.enabled.channels", "\"\(word)\" is no channel", "source, file and kafka are", &problems)
      }
    }
    return channels
  }

  /// Channels of Debezium that belong to its Java process.
  private static let unreachable = [
    "jmx": "there are no JMX beans", "in-process": "no program embeds this relay",
  ]

  private static func readNotifications(
    _ set: PropertySet, _ signals: inout SignalOptions, _ problems: inout ProblemCollector
  ) {
    let property = "notification.enabled.channels"
    for word in set.list(property) {
      switch word {
      case "log": signals.logsNotifications = true
      case "sink":
        signals.notificationTopic = set.nonEmptyText("notification.sink.topic.name")
        if signals.notificationTopic == nil {
          refuse(set, property, "sink needs notification.sink.topic.name", "Set it", &problems)
        }
      case "jmx": notice(set, property, "jmx has no effect: there are no JMX beans", &problems)
      default: refuse(set, property, "\"\(word)\" is no channel", "log and sink are", &problems)
      }
    }
  }

  private static func refuse(
    _ set: PropertySet, _ name: String, _ message: String, _ remedy: String, _ problems: inout ProblemCollector
  ) {
    problems.add(.error, line: set.entry(name)?.line, name, message, remedy)
  }

  private static func notice(
    _ set: PropertySet, _ name: String, _ message: String, _ problems: inout ProblemCollector
  ) {
    problems.add(.notice, line: set.entry(name)?.line, name, message)
  }
}
