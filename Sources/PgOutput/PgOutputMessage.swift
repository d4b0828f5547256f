import Primitives

/// A message of pgoutput's protocol version 1. Row messages only name their relation: the tuples stand in the decoder,
/// which reuses their memory, as offsets into the message.
public enum PgOutputMessage: Equatable, Sendable {
  /// What a row message carries of the row before the change.
  public enum OldTuple: Equatable, Sendable {
    case none
    /// Only the replica identity's columns hold values; the others are sent as null.
    case key
    case full
  }

  case begin(Begin)
  case commit(Commit)
  case origin(Origin)
  case relation(Relation)
  case type(TypeMessage)
  case insert(RelationOID)
  case update(RelationOID, old: OldTuple)
  case delete(RelationOID, old: OldTuple)
  case truncate(Truncate)
  case logicalMessage(LogicalMessage)
}
