import EventRouting

/// How far a first snapshot has come, while it runs (`sluice.snapshot.resume`). Kept in the state record beside the position
/// of the slot that showed it; gone once the snapshot is complete, or what is left of it is an incremental snapshot.
public struct ResumableSnapshot: Sendable, Equatable {
  /// All that it reads.
  public var tables: [TableID]
  /// Those that were read whole, every row acknowledged.
  public var finished: Set<TableID>

  public init(tables: [TableID], finished: Set<TableID> = []) {
    self.tables = tables
    self.finished = finished
  }

  public var unfinished: [TableID] { tables.filter { !finished.contains($0) } }

  /// A table that a snapshot would read now.
  public struct Candidate: Sendable, Equatable {
    public var table: TableID
    /// Without a key there are no chunks.
    public var hasKey: Bool
    /// `snapshot.select.statement.overrides` has a statement for it.
    public var hasOverride: Bool
    /// EventRouter makes events of its rows. A row that was deleted since the snapshot's moment would have none, and one that
    /// the stream has brought two.
    public var isOutbox: Bool

    public init(_ table: TableID, hasKey: Bool, hasOverride: Bool = false, isOutbox: Bool = false) {
      self.table = table
      self.hasKey = hasKey
      self.hasOverride = hasOverride
      self.isOutbox = isOutbox
    }

    /// Why it cannot be read in chunks beside the stream.
    var obstacle: String? {
      if isOutbox { return "table \(table) is an outbox" }
      if hasOverride { return "table \(table) is read by a statement of its own" }
      return hasKey ? nil : "table \(table) has no primary key"
    }
  }

  /// Why the rest cannot be read under watermarks; `nil` when it can.
  public func obstacle(_ candidates: [Candidate]) -> String? {
    let now = Set(candidates.map(\.table))
    let before = Set(tables)
    if let gone = before.subtracting(now).min() { return "table \(gone) is no longer captured" }
    if let added = now.subtracting(before).min() { return "table \(added) was not part of it" }
    for candidate in candidates where !finished.contains(candidate.table) {
      if let obstacle = candidate.obstacle { return obstacle }
    }
    return nil
  }
}
