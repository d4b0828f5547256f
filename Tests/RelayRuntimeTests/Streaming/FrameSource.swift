import EventEncoding
import PgOutput
import Primitives
import RelayRuntime

/// A connection that gives a list of frames.
struct FrameSource: ReplicationSource, ~Copyable {
  var frames: [[UInt8]]
  /// What the commit log says.
  private let rolledBack: Set<TransactionID>
  private var next = 0

  init(_ frames: [[UInt8]], rolledBack: Set<TransactionID> = []) {
    self.frames = frames
    self.rolledBack = rolledBack
  }

  mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    guard next < frames.count else { return .nothing }
    next += 1
    let frame = frames[next - 1]
    body(frame.span.bytes)
    return .frame
  }

  mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {}
  mutating func execute(_ sql: String) throws(SourceError) {}
  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    throw SourceError(.stop, "there is no catalogue")
  }
  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { .missing }
  mutating func hasRolledBack(anyOf transactions: [TransactionID]) throws(SourceError) -> Bool {
    transactions.contains { rolledBack.contains($0) }
  }
}

/// What comes out when all frames have gone in.
func assemble(
  _ frames: [[UInt8]], _ space: any SpillSpace, memoryBytesMax: Int = 1 << 20, sendsEmptyTransactions: Bool = false,
  rolledBack: Set<TransactionID> = []
) throws(SourceError) -> [[UInt8]] {
  var source = StreamedTransactions(FrameSource(frames, rolledBack: rolledBack))
  source.begin(
    spillingTo: space, memoryBytesMax: memoryBytesMax, sendsEmptyTransactions: sendsEmptyTransactions)
  var out: [[UInt8]] = []
  while try source.receive(readingSocket: true, { out.append($0.withUnsafeBytes { Array($0) }) }) != .nothing {}
  return out
}
