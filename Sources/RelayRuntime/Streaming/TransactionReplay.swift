import PgOutput
import Primitives

/// A committed transaction's frames, as protocol version 1 would have sent them: Begin, the changes, Commit.
final class TransactionReplay {
  private enum Step {
    case begin([UInt8])
    case changes
    case commit([UInt8])
    /// Descriptions of tables for what comes after the transaction.
    case descriptions
  }

  private let transaction: OpenTransaction
  private let commit: StreamCommit
  private var step: Step
  private var cursor = OpenTransaction.Cursor()
  private var block: [UInt8] = []
  private var offset = 0
  private var descriptions: [[UInt8]]

  /// - Parameters:
  ///   - begin: where the Begin message stands in the log; `nil`: the transaction is empty and nobody is to hear of it.
  ///   - descriptions: RELATION messages that follow it.
  init(_ transaction: OpenTransaction, _ commit: StreamCommit, beginningAt begin: LSN?, descriptions: [[UInt8]]) {
    self.transaction = transaction
    self.commit = commit
    self.descriptions = descriptions
    step = begin.map { .begin(TransactionReplay.begin(commit, at: $0)) } ?? .descriptions
  }

  /// Lends the next frame to `body`; `false` when there is none left.
  func next(_ body: (RawSpan) -> Void) throws(SpillError) -> Bool {
    while true {
      switch step {
      case .begin(let frame):
        step = .changes
        unsafe body(frame.span.bytes)
        return true
      case .changes:
        let block = block
        if let record = try OpenTransaction.Record.next(block, at: &offset) {
          unsafe body(block.span.bytes.extracting(record.frame))
          return true
        }
        offset = 0
        let next = try transaction.nextBlock(&cursor)
        self.block = next ?? []
        if next == nil { step = .commit(TransactionReplay.commit(commit)) }
      case .commit(let frame):
        step = .descriptions
        unsafe body(frame.span.bytes)
        return true
      case .descriptions:
        guard let message = descriptions.popLast() else { return false }
        let frame = TransactionReplay.frame(at: .invalid) { $0.append(message) }
        unsafe body(frame.span.bytes)
        return true
      }
    }
  }

  private static func begin(_ commit: StreamCommit, at lsn: LSN) -> [UInt8] {
    frame(at: lsn) {
      $0.append(UInt8(ascii: "B"))
      $0.append(bigEndian: commit.commitLSN.rawValue)
      $0.append(bigEndian: commit.committedAt.microsecondsSince2000)
      $0.append(bigEndian: commit.transaction.rawValue)
    }
  }

  /// The frame of a commit stands at the commit's end.
  private static func commit(_ commit: StreamCommit) -> [UInt8] {
    frame(at: commit.endLSN) {
      $0.append(UInt8(ascii: "C"))
      $0.append(0)
      $0.append(bigEndian: commit.commitLSN.rawValue)
      $0.append(bigEndian: commit.endLSN.rawValue)
      $0.append(bigEndian: commit.committedAt.microsecondsSince2000)
    }
  }

  private static func frame(at lsn: LSN, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var out = ByteWriter(minimumCapacity: 64)
    out.append(UInt8(ascii: "w"))
    out.append(bigEndian: lsn.rawValue)
    out.append(bigEndian: lsn.rawValue)
    out.append(bigEndian: Int64(0))
    body(&out)
    return out.array
  }
}
