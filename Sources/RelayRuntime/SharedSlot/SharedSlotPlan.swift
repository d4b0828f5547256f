import PostgresSource

/// `sluice.slot.shared`: what the worker file says of the slot that its connectors share.
public struct SharedSlotPlan: Sendable, Equatable {
  /// `sluice.slot.shared.wait.ms`: a connector that holds the stream up for longer is taken out of it.
  public var waitMilliseconds: Int64

  public init(waitMilliseconds: Int64 = 60_000) { self.waitMilliseconds = waitMilliseconds }

  /// Why these connectors cannot read one stream, by what their files say; `nil` where they can.
  public static func conflict(_ plans: [ConnectorPlan]) -> String? {
    let sharing = plans.filter { $0.sharedSlot != nil }
    guard let first = sharing.first else { return nil }
    for plan in sharing {
      if plan.dropsSlotOnStop {
        return
          "connector \(plan.name): slot.drop.on.stop drops what other connectors read too, and sluice.slot.shared is on. Leave it out"
      }
      for difference in differences(first, plan) {
        return
          "connectors \(first.name) and \(plan.name): \(difference) must be the same where sluice.slot.shared is on. Make it so, or run one of them by a worker file of its own"
      }
    }
    return nil
  }

  /// Property names of what decides on the stream itself.
  private static func differences(_ one: ConnectorPlan, _ other: ConnectorPlan) -> [String] {
    var names: [String] = []
    for (keyword, property) in [
      ("host", "database.hostname"), ("port", "database.port"), ("dbname", "database.dbname"),
      ("user", "database.user"),
    ] where one.database[keyword] != other.database[keyword] {
      names.append(property)
    }
    func parameters(_ plan: ConnectorPlan) -> [String] {
      plan.streamParameters.map { "\($0.name)=\($0.value)" }.sorted()
    }
    if parameters(one) != parameters(other) { names.append("slot.stream.params") }
    if one.isFailoverSlot != other.isFailoverSlot { names.append("slot.failover") }
    if one.streaming.mode != other.streaming.mode { names.append("sluice.streaming") }
    if one.streaming.directory != other.streaming.directory { names.append("sluice.spill.directory") }
    if one.streaming.memoryBytesMax != other.streaming.memoryBytesMax { names.append("sluice.spill.memory.bytes") }
    return names
  }
}
