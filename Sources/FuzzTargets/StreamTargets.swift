import EventEncoding
import PgOutput
import Primitives
import RelayRuntime

/// What PostgreSQL sends.
extension FuzzTarget {
  static let stream = [
    FuzzTarget("stream-frame") { (bytes) throws(Violation) in
      guard let frame = unsafe try? StreamFrame.decode(bytes.span.bytes) else { return }
      let count = if case .keepalive = frame { 18 } else { XLogDataHeader.byteCount }
      try expect(bytes.count >= count, "\(bytes.count) bytes gave \(frame)")
      try expect(unsafe (try? StreamFrame.decode(bytes.span.bytes)) == frame, "the same bytes gave something else")
    },
    FuzzTarget("pgoutput") { (bytes) throws(Violation) in
      let message = bytes
      _ = unsafe try? StreamControl.decode(message.span.bytes)
      _ = unsafe try? StreamedMessage.decode(message.span.bytes)
      var decoder = PgOutputDecoder()
      guard let decoded = unsafe try? decoder.decode(message.span.bytes) else { return }
      for column in decoder.oldTuple.columns + decoder.newTuple.columns {
        switch column {
        case .null, .unchanged: break
        case .text(let range), .binary(let range):
          try expect(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a value stands at \(range)")
        }
      }
      let (old, new) = (decoder.oldTuple, decoder.newTuple)
      try expect(
        unsafe (try? decoder.decode(message.span.bytes)) == decoded && decoder.oldTuple == old
          && decoder.newTuple == new, "the same bytes gave something else")
    },
    FuzzTarget("shared-frame") { (bytes) throws(Violation) in
      let frame = unsafe SharedFrame(bytes.span.bytes)
      // What the connector's own decoder understands, the reader of a shared slot understands in the same way.
      guard let decoded = unsafe try? StreamFrame.decode(bytes.span.bytes) else { return }
      if case .keepalive(let keepalive) = decoded { return try expect(frame == .keepalive(keepalive), "gave \(frame)") }
      var decoder = PgOutputDecoder()
      let message = Array(bytes[XLogDataHeader.byteCount...])
      guard let decoded = unsafe try? decoder.decode(message.span.bytes) else { return }
      let expected: SharedFrame =
        switch decoded {
        case .insert(let relation): .row(relation, .insert)
        case .update(let relation, _): .row(relation, .update)
        case .delete(let relation, _): .row(relation, .delete)
        case .begin(let begin): .begin(commitLSN: begin.commitLSN)
        case .commit(let commit): .commit(endLSN: commit.endLSN)
        case .relation(let relation): .relation(relation.oid)
        case .type: .type
        case .origin: .origin
        case .truncate(let truncate): .truncate(truncate.relations)
        case .logicalMessage(let message): .message(isTransactional: message.isTransactional, lsn: message.lsn)
        }
      try expect(frame == expected, "\(decoded) was taken for \(frame)")
    },
    FuzzTarget("copy-row") { (bytes) throws(Violation) in
      var row = CopyRow()
      guard unsafe (try? row.decode(text: bytes.span.bytes)) != nil else { return }
      for index in 0..<row.tuple.count {
        guard case .text(let range) = row.tuple[index] else { continue }
        try expect(range.upperBound <= row.bytes.count, "a value stands at \(range)")
      }
    },
    FuzzTarget("copy-binary-row") { (bytes) throws(Violation) in
      let all: [BinaryForm] = [
        .text, .bool, .int2, .int4, .int8, .numeric, .uuid, .date, .time, .timestamp, .timestamptz, .jsonb, .bytea,
      ]
      var input = FuzzInput(bytes)
      let forms = (0..<Int(input.byte() & 15)).map { _ in all[Int(input.byte()) % all.count] }
      let message = Array(bytes.dropFirst(1 + forms.count))
      var row = CopyRow()
      guard unsafe (try? row.decode(binary: message.span.bytes, forms.span)) == true else { return }
      try expect(row.tuple.count == forms.count, "\(row.tuple.count) columns instead of \(forms.count)")
      for index in 0..<row.tuple.count {
        guard case .text(let range) = row.tuple[index] else { continue }
        try expect(range.upperBound <= row.bytes.count, "a value stands at \(range)")
      }
    },
    FuzzTarget("open-transactions") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      try assemble(&input, SpillMemory(damage: nil))
    },
    FuzzTarget("spill-file") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let damage = SpillMemory.Damage(read: Int(input.byte()), byte: Int(input.byte()), bits: input.byte())
      try assemble(&input, SpillMemory(damage: damage))
    },
  ]

  /// Frames of a server that sends transactions before they have committed, through memory for a few of them.
  private static func assemble(_ input: inout FuzzInput, _ space: SpillMemory) throws(Violation) {
    let memoryBytesMax = Int(input.byte())
    let sendsEmptyTransactions = input.flag()
    var frames: [[UInt8]] = []
    while !input.isAtEnd { frames.append(input.piece()) }
    var given = 0
    do {
      var source = StreamedTransactions(FrameList(frames))
      source.begin(
        spillingTo: space, memoryBytesMax: memoryBytesMax, sendsEmptyTransactions: sendsEmptyTransactions)
      // Each frame once, and of each transaction a Begin, a Commit and the tables that it told of.
      let framesMax = frames.count * 4 + 4
      do throws(SourceError) {
        while try source.receive(readingSocket: true, { _ in given += 1 }) != .nothing, given <= framesMax {}
      } catch {}
      if space.damage == nil {
        try expect(given <= framesMax, "\(frames.count) frames went in, more than \(framesMax) came out")
      }
    }
    try expect(space.files == 0, "\(space.files) files are left")
  }
}

/// A connection that gives a list of frames.
private struct FrameList: ReplicationSource, ~Copyable {
  private let frames: [[UInt8]]
  private var next = 0

  init(_ frames: [[UInt8]]) { self.frames = frames }

  mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    guard next < frames.count else { return .nothing }
    next += 1
    let frame = frames[next - 1]
    unsafe body(frame.span.bytes)
    return .frame
  }

  mutating func send(_ update: StandbyStatusUpdate) throws(SourceError) {}
  mutating func execute(_ sql: String) throws(SourceError) {}
  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    throw SourceError(.stop, "there is no catalogue")
  }
  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer { .missing }
}

/// A disk in memory that may give back something else than was written.
private final class SpillMemory: SpillSpace {
  /// Of one reading, counted from 0, one byte has other bits.
  struct Damage {
    var read: Int
    var byte: Int
    var bits: UInt8
  }

  let damage: Damage?
  fileprivate(set) var files = 0
  private var reads = 0

  init(damage: Damage?) { self.damage = damage }

  func makeFile() throws(SpillError) -> any SpillFile { File(self) }

  private final class File: SpillFile {
    private let space: SpillMemory
    private var bytes: [UInt8] = []

    init(_ space: SpillMemory) {
      self.space = space
      space.files += 1
    }

    deinit { space.files -= 1 }

    func write(_ span: RawSpan, at offset: Int) throws(SpillError) {
      precondition(offset >= 0 && offset <= bytes.count, "a hole")
      bytes.removeSubrange(offset...)
      for index in 0..<span.byteCount { bytes.append(span.byte(at: index)) }
    }

    func read(_ count: Int, at offset: Int) throws(SpillError) -> [UInt8] {
      guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
        throw SpillError("nothing was written there")
      }
      var read = Array(bytes[offset..<(offset + count)])
      if let damage = space.damage, damage.read == space.reads, !read.isEmpty {
        read[damage.byte % read.count] ^= damage.bits
      }
      space.reads += 1
      return read
    }

    func truncate(to size: Int) throws(SpillError) {
      precondition(size >= 0 && size <= bytes.count, "cut beyond the end")
      bytes.removeSubrange(size...)
    }
  }
}
