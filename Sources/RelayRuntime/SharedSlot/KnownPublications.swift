import PostgresSource
import Primitives

/// How the publications of a shared slot stood in the catalogue at some place in the log.
public struct PublicationsStanding: Sendable, Hashable, CustomStringConvertible {
  /// `Publication.fingerprint`
  public let fingerprint: String
  /// All that it shows was committed before.
  public let asOf: LSN

  public init(fingerprint: String, asOf: LSN) {
    self.fingerprint = fingerprint
    self.asOf = asOf
  }

  static func read(
    _ publications: [String], on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> PublicationsStanding {
    let fingerprint = try Publication.fingerprint(of: publications, on: connection)
    return PublicationsStanding(fingerprint: fingerprint, asOf: try Publication.logEnd(on: connection))
  }

  /// As it stands in the state record: `7d69fa11…@0/16B3748`.
  public var description: String { "\(fingerprint)@\(asOf)" }

  init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let asOf = LSN(String(parts[1])) else { return nil }
    self.init(fingerprint: String(parts[0]), asOf: asOf)
  }
}

/// Whether the catalogue may tell whose the rows are that have come while nobody read, or was altered in between. Pure.
///
/// Each connector's state record says beside its position how the publications stood, of all connectors of the slot. That
/// never goes before the position (`asOf` is not beyond it): whatever was altered behind the position shows as another
/// fingerprint at the next start, wherever the relay was killed. An older one is always safe: it costs to read one after another
/// up to the log's end.
struct KnownPublications: Sendable {
  /// As the catalogue showed them last, and since when.
  private var current: PublicationsStanding?
  /// As they stood before each connector's position; `nil`: not known, as in records of earlier versions.
  private var members: [PublicationsStanding?]
  /// Of these every later alteration shows as another share of its table: `KnownShares` is this process's. However often tables
  /// and publications are altered, one reading alone is then enough.
  private var areFollowed: [Bool]
  /// `KnownShares` has all tables.
  private var followsShares = false
  /// A row that stands before it may be whose an earlier catalogue says: of a transaction that was open meanwhile.
  private(set) var certainFrom = LSN.invalid

  init(members: Int) {
    self.members = Array(repeating: nil, count: members)
    areFollowed = Array(repeating: false, count: members)
  }

  /// What a connector's state record says.
  mutating func know(_ member: Int, _ stored: PublicationsStanding?) {
    if stored == nil || stored != members[member] { areFollowed[member] = false }
    members[member] = stored
  }

  /// What the catalogue says now.
  mutating func note(_ found: PublicationsStanding) {
    if current?.fingerprint != found.fingerprint { current = found }
  }

  /// Up to where these connectors are to be read one after another; `nil`: all is as it was where each of them is. To be asked
  /// once `KnownShares` has all tables.
  mutating func doubt(_ found: PublicationsStanding, for starters: [(member: Int, from: LSN)]) -> LSN? {
    note(found)
    followsShares = true
    let asOf = current?.asOf ?? found.asOf
    certainFrom = .invalid
    var until: LSN?
    for (member, from) in starters {
      if let known = members[member], areFollowed[member] || known.fingerprint == found.fingerprint {
        areFollowed[member] = true
        certainFrom = max(certainFrom, known.asOf)
        continue
      }
      certainFrom = max(certainFrom, asOf)
      guard from < asOf else { continue }
      // Should they be altered back, it must not look as if nothing had been.
      members[member] = nil
      areFollowed[member] = false
      until = asOf
    }
    return until
  }

  /// What the state record of a connector says with this position.
  mutating func standing(of member: Int, at position: LSN) -> PublicationsStanding? {
    if let current, position >= current.asOf, members[member]?.fingerprint != current.fingerprint {
      members[member] = current
      areFollowed[member] = followsShares
    }
    return members[member]
  }
}
