import Primitives

/// Where a replicated transaction first happened: tag `O`, commit LSN on the origin server, origin name.
/// Comes between Begin and the first change. Source: PostgreSQL manual, "Logical Replication Message Formats", Origin.
public struct Origin: Equatable, Sendable {
  public let commitLSN: LSN
  public let name: String

  public init(commitLSN: LSN, name: String) {
    self.commitLSN = commitLSN
    self.name = name
  }

  @_lifetime(reader: copy reader)
  init(_ reader: inout ByteReader) throws(DecodeError) {
    commitLSN = try reader.readLSN()
    name = try reader.readText()
  }
}
