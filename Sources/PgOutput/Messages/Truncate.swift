import Primitives

/// Several tables emptied at once: tag `T`, relation count, options, relation OIDs.
/// Source: PostgreSQL manual, "Logical Replication Message Formats", Truncate.
public struct Truncate: Equatable, Sendable {
  public let cascades: Bool
  public let restartsIdentity: Bool
  public let relations: [RelationOID]

  public init(cascades: Bool, restartsIdentity: Bool, relations: [RelationOID]) {
    self.cascades = cascades
    self.restartsIdentity = restartsIdentity
    self.relations = relations
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    let countAt = reader.offset
    let count = try reader.readInteger(as: Int32.self)
    let options = try reader.readByte()
    // Four bytes a relation: a count beyond what the message holds is refused before anything is allocated for it.
    guard count >= 0, Int(count) <= reader.remaining / 4 else { throw .invalidLength(Int(count), at: countAt) }
    cascades = options & 1 != 0
    restartsIdentity = options & 2 != 0
    var relations: [RelationOID] = []
    for _ in 0..<count { relations.append(RelationOID(rawValue: try reader.readInteger())) }
    self.relations = relations
  }
}
