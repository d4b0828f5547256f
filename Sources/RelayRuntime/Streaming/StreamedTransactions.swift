import EventEncoding
import PgOutput
import Primitives

/// A source whose server may send transactions before they have committed: the loop sees each as a whole, in the place of
/// its commit, and frame by frame, as fast as it takes them.
public struct StreamedTransactions<Server: ReplicationSource & ~Copyable>: ReplicationSource, ~Copyable {
  public var server: Server
  /// Inactive where the server sends committed transactions only.
  private var assembly = TransactionAssembly(nil)

  public init(_ server: consuming Server) { self.server = server }

  /// Open transactions may come from now on. Those of an earlier connection are forgotten: the server sends them again.
  /// - Parameter memoryBytesMax: what they may hold in memory together.
  public mutating func begin(spillingTo space: any SpillSpace, memoryBytesMax: Int, sendsEmptyTransactions: Bool) {
    assembly = TransactionAssembly(
      space,
      TransactionAssembly.Rules(memoryBytesMax: memoryBytesMax, sendsEmptyTransactions: sendsEmptyTransactions))
  }

  public var isReplaying: Bool { assembly.isReplaying }
  /// Held for transactions that have not committed.
  public var heldBytes: (memory: Int, disk: Int) { assembly.heldBytes }
  /// Transactions of which a part went to disk, on this connection.
  public var spilledTransactions: UInt64 { assembly.spilledTransactions }

  public mutating func checkPresence() throws(SourceError) { try server.checkPresence() }

  public mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    guard assembly.isActive else { return try server.receive(readingSocket: readingSocket, body) }
    if assembly.isReplaying, try assembly.replayNext(body) { return .frame }
    let received = try Self.receive(&server, &assembly, readingSocket: readingSocket, body)
    if !assembly.doubtful.isEmpty {
      try assembly.settleDoubt(hasRolledBack: try server.hasRolledBack(anyOf: assembly.doubtful))
    }
    return received
  }

  /// Static, so that the server lends its frame while the assembly, and nothing else, takes it.
  private static func receive(
    _ server: inout Server, _ assembly: inout TransactionAssembly, readingSocket: Bool, _ body: (RawSpan) -> Void
  ) throws(SourceError) -> SourceReceived {
    var failure: SourceError?
    var keptBytes: Int?
    let received = try server.receive(readingSocket: readingSocket) { frame in
      do throws(SourceError) {
        if try assembly.take(frame) { body(frame) } else { keptBytes = frame.byteCount }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    if let keptBytes { return .kept(byteCount: keptBytes) }
    return received
  }

  public mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) { try server.send(update) }
  public mutating func execute(_ sql: String) throws(SourceError) { try server.execute(sql) }
  public mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    try server.describe(relation)
  }
  public mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { try server.lookUp(row) }
  public mutating func hasRolledBack(anyOf transactions: [TransactionID]) throws(SourceError) -> Bool {
    try server.hasRolledBack(anyOf: transactions)
  }
  public mutating func slotXmin() throws(SourceError) -> UInt64? { try server.slotXmin() }
}
