/// Every captured row and every outbox row of a demo against what Kafka has of them.
public struct DemoAccount: Sendable {
  /// What one topic owes to one table, or to one event type of the outbox.
  public struct Line: Sendable, Equatable {
    /// Table, or event type.
    public var name: String
    public var topic: String
    public var inserted: Int
    public var updated: Int
    /// Records that the brokers acknowledged to the relay.
    public var acknowledged: Int
    /// Records that a consumer of the demo's own read, each counted once.
    public var seen: Int

    public init(name: String, topic: String, inserted: Int, updated: Int, acknowledged: Int, seen: Int) {
      self.name = name
      self.topic = topic
      self.inserted = inserted
      self.updated = updated
      self.acknowledged = acknowledged
      self.seen = seen
    }

    public var written: Int { inserted + updated }
    /// Not acknowledged, or not read back; whichever is more.
    public var missing: Int { max(written - min(acknowledged, seen), 0) }
    /// Somebody else's.
    public var surplus: Int { max(seen - written, 0) }
  }

  public var tables: [Line]
  public var events: [Line]
  /// Records that came more than once: at least once is what is promised.
  public var repeats: Int

  public init(tables: [Line], events: [Line], repeats: Int = 0) {
    self.tables = tables
    self.events = events
    self.repeats = repeats
  }

  public var lines: [Line] { tables + events }
  public var written: Int { lines.reduce(0) { $0 + $1.written } }
  public var acknowledged: Int { lines.reduce(0) { $0 + $1.acknowledged } }
  public var seen: Int { lines.reduce(0) { $0 + $1.seen } }
  public var missing: Int { lines.reduce(0) { $0 + $1.missing } }
  public var surplus: Int { lines.reduce(0) { $0 + $1.surplus } }
}
