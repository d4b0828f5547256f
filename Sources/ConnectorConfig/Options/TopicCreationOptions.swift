/// What `topic.creation.*` says of topics that do not exist yet. The first group that takes a topic wins; the default
/// group takes the rest. Source: Kafka's manual, "Kafka Connect", topic creation settings (KIP-158).
public struct TopicCreationOptions: Sendable, Hashable {
  public struct Group: Sendable, Hashable {
    /// As in `topic.creation.groups`; `default` for the last resort.
    public let name: String
    /// Java regular expressions that match whole topic names. Empty for the default group.
    public let include: [String]
    public let exclude: [String]
    /// -1: the broker's default.
    public let replicationFactor: Int16
    /// -1: the broker's default.
    public let partitions: Int32
    /// Topic-level settings such as `cleanup.policy`.
    public let topicConfig: [String: String]
  }

  public let groups: [Group]
  public let defaultGroup: Group
}
