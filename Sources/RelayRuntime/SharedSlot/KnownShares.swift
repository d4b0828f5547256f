import PgOutput
import Primitives

/// What the catalogue says of a table's publications. It may be ahead of the stream.
public struct RelationShares: Equatable, Sendable {
  /// For the operator: its name, or its OID where it has none any more.
  public var table: String
  /// In the order of the publications; empty for one that does not publish the table.
  public var operations: [PublishedOperations]
  /// There is no such table any more, and not all publications have all tables.
  public var isGone: Bool
  /// It may have been a partition until lately, and in a publication as such.
  public var mayBeDetached: Bool
  /// Why the publications cannot be read as one for this table.
  public var conflict: String?
  /// All that the answer shows was committed before.
  public var asOf: LSN

  public init(
    table: String, operations: [PublishedOperations], isGone: Bool = false, mayBeDetached: Bool = false,
    conflict: String? = nil, asOf: LSN
  ) {
    self.table = table
    self.operations = operations
    self.isGone = isGone
    self.mayBeDetached = mayBeDetached
    self.conflict = conflict
    self.asOf = asOf
  }
}

/// What the catalogue says of every table that is in a publication.
public struct AllShares: Equatable, Sendable {
  /// By publication, of those that have the table.
  public var tables: [RelationOID: [String: PublishedOperations]]
  /// All that the answer shows was committed before.
  public var asOf: LSN

  public init(tables: [RelationOID: [String: PublishedOperations]], asOf: LSN) {
    self.tables = tables
    self.asOf = asOf
  }
}

/// What the catalogue said of the tables of a shared stream, while the process lives: where it says something else than before,
/// what was committed in between may have been either.
struct KnownShares: Sendable {
  private struct Entry {
    var operations: [String: PublishedOperations] = [:]
    /// Certain for rows that stand there or behind it; `nil`: no other answer is known.
    var since: LSN?
    /// The stream has told of it.
    var isDescribed = false
  }

  private var entries: [RelationOID: Entry] = [:]
  private var publications: Set<String> = []

  /// Tables that come and go must not fill the memory. One that is forgotten is asked for as if for the first time.
  static let entriesMax = 65_536

  /// Whether the tables of all these are known.
  func know(_ publications: [String]) -> Bool { self.publications.isSuperset(of: publications) }

  /// What the catalogue says of all their tables before the first of the stream comes. A publication that is altered while the
  /// stream catches up is then seen to have been another.
  mutating func learn(_ all: AllShares, of publications: [String]) {
    for (relation, shares) in all.tables {
      note(relation, publications.map { shares[$0] ?? [] }, of: publications, asOf: all.asOf)
    }
    self.publications.formUnion(publications)
  }

  /// Up to where the log may have rows of the table that are not whose `shares` says; `nil`: those that stand at `place` or
  /// behind it are.
  mutating func doubt(
    about relation: RelationOID, _ shares: RelationShares, of publications: [String], place: LSN
  ) -> LSN? {
    // The server has just sent it, so one of them published it then.
    if shares.isGone || shares.operations.allSatisfy(\.isEmpty) {
      entries[relation] = nil
      return shares.asOf
    }
    note(relation, shares.operations, of: publications, asOf: shares.asOf)
    if shares.mayBeDetached, entries[relation]?.isDescribed == false { entries[relation]?.since = shares.asOf }
    entries[relation]?.isDescribed = true
    // Of a transaction that was open meanwhile rows may stand before, however late it commits. It has by now.
    return entries[relation]?.since.flatMap { $0 > place ? shares.asOf : nil }
  }

  private mutating func note(
    _ relation: RelationOID, _ operations: [PublishedOperations], of publications: [String], asOf: LSN
  ) {
    var entry = entries[relation] ?? Entry()
    for (publication, operations) in zip(publications, operations) {
      if let before = entry.operations.updateValue(operations, forKey: publication), before != operations {
        entry.since = asOf
      }
    }
    if entries[relation] == nil, entries.count >= KnownShares.entriesMax { entries.removeAll() }
    entries[relation] = entry
  }
}
