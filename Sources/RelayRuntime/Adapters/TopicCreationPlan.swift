import KafkaSink

/// `topic.creation.*` of a connector: how a topic that is missing is made.
public struct TopicCreationPlan: Sendable {
  public struct Group: Sendable {
    public let name: String
    /// Whether a topic belongs to the group. Compiled patterns are not Sendable, so the check compiles its own.
    public let includes: @Sendable (String) -> Bool
    public let partitions: Int32
    public let replicationFactor: Int32
    public let configuration: [String: String]

    public init(
      name: String, includes: @escaping @Sendable (String) -> Bool, partitions: Int32, replicationFactor: Int32,
      configuration: [String: String]
    ) {
      self.name = name
      self.includes = includes
      self.partitions = partitions
      self.replicationFactor = replicationFactor
      self.configuration = configuration
    }
  }

  /// In the order of `topic.creation.groups`; the default group, which takes every topic, last.
  public let groups: [Group]
  /// Whether topics of no group are made as well, with the broker's numbers; else they are left to the broker.
  public let createsOthers: Bool

  public init(groups: [Group], createsOthers: Bool = true) {
    self.groups = groups
    self.createsOthers = createsOthers
  }

  func specification(of topic: String) -> TopicSpecification? {
    guard let group = groups.first(where: { $0.includes(topic) }) else {
      return createsOthers ? TopicSpecification(name: topic) : nil
    }
    return TopicSpecification(
      name: topic, partitions: group.partitions, replicationFactor: group.replicationFactor,
      configuration: group.configuration)
  }
}
