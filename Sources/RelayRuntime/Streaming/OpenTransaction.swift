import PgOutput
import Primitives

/// What has come so far of a transaction that has not committed: frames as protocol version 1 would send them, in blocks
/// of which the oldest may be on disk.
///
/// A block holds records `length, id, frame, length`; `id` is the (sub)transaction's of a change, 0 for the description of
/// a table, 1 for a logical message, of which the server does not say to which subtransaction it belongs. On disk it stands as `length, records, length`. Lengths stand on both sides so that a block, and its records,
/// can be read from the end, which is how a rolled-back subtransaction is taken away: memory holds nothing per
/// subtransaction, however many there are.
final class OpenTransaction {
  /// A block is closed at this size.
  static let blockBytes = 256 << 10
  /// Of a record before its frame, and around it.
  private static let headBytes = 8
  private static let overheadBytes = 12

  let id: TransactionID
  /// Where the log first knows of it.
  let firstLSN: LSN
  /// The last description of each table in it. Descriptions are not rolled back: the server, which knows what it has sent in
  /// this transaction, does not send them again.
  var relations: [RelationOID: DescribedRelation] = [:]

  /// Those whose rolling back may have gone untold.
  private(set) var keptSubtransactions = KeptSubtransactions()

  private var tail = ByteWriter()
  /// Blocks before the tail that are in memory, oldest first.
  private var closed: [[UInt8]] = []
  private var closedBytes = 0
  private var file: (any SpillFile)?
  private(set) var fileBytes = 0
  /// The last change or message in the tail, and the last one before it.
  private var lastInTail = Last.none
  private var lastBefore = Last.none

  private enum Last {
    case none, unknown
    case message
    case change(TransactionID)
  }

  /// No transaction has these ids. Source: PostgreSQL source, `src/include/access/transam.h`.
  private static let descriptionID: UInt32 = 0
  private static let messageID: UInt32 = 1

  init(id: TransactionID, firstLSN: LSN) {
    self.id = id
    self.firstLSN = firstLSN
  }

  var memoryBytes: Int { closedBytes + tail.count }

  // MARK: Writing

  /// Adds a change of a block: `frame` with the id of its (sub)transaction in the message, which is left out here.
  func append(_ frame: RawSpan, of transaction: TransactionID) throws(SpillError) {
    append(frame, id: transaction.rawValue)
    if transaction != id { keptSubtransactions.addChange(of: transaction) }
    lastInTail = .change(transaction)
    try closeBlockIfFull()
  }

  func append(logicalMessage frame: RawSpan) throws(SpillError) {
    append(frame, id: OpenTransaction.messageID)
    lastInTail = .message
    try closeBlockIfFull()
  }

  func append(_ frame: RawSpan, describing relation: RelationOID, _ described: DescribedRelation) throws(SpillError) {
    append(frame, id: OpenTransaction.descriptionID)
    relations[relation] = described
    try closeBlockIfFull()
  }

  private func append(_ frame: RawSpan, id: UInt32) {
    let header = XLogDataHeader.byteCount
    let length = UInt32(frame.byteCount - StreamedMessage.idBytes.count)
    tail.append(bigEndian: length)
    tail.append(bigEndian: id)
    tail.append(frame.extracting(0..<(header + StreamedMessage.idBytes.lowerBound)))
    tail.append(frame.extracting((header + StreamedMessage.idBytes.upperBound)..<frame.byteCount))
    tail.append(bigEndian: length)
  }

  private func closeBlockIfFull() throws(SpillError) {
    if tail.count >= OpenTransaction.blockBytes { try closeBlock() }
  }

  private func closeBlock() throws(SpillError) {
    if let file {
      fileBytes += try OpenTransaction.write(tail, to: file, at: fileBytes)
    } else {
      closed.append(tail.array)
      closedBytes += tail.count
    }
    tail.removeAll()
    tail.shrink(to: OpenTransaction.blockBytes * 2)
    if case .none = lastInTail { return }
    lastBefore = lastInTail
    lastInTail = .none
  }

  /// Returns the bytes that the block takes.
  private static func write(
    _ records: borrowing ByteWriter, to file: any SpillFile, at offset: Int
  ) throws(SpillError) -> Int {
    var block = ByteWriter(minimumCapacity: records.count + 8)
    let length = UInt32(records.count)
    block.append(bigEndian: length)
    block.append(records.bytes)
    block.append(bigEndian: length)
    try file.write(block.bytes, at: offset)
    return block.count
  }

  /// Brings to disk all that is in memory. From now on its blocks go there as they are closed.
  func spill(to space: any SpillSpace) throws(SpillError) {
    let file = if let file { file } else { try space.makeFile() }
    self.file = file
    for block in closed {
      var records = ByteWriter(minimumCapacity: block.count)
      records.append(block)
      fileBytes += try OpenTransaction.write(records, to: file, at: fileBytes)
    }
    closed = []
    closedBytes = 0
    if tail.count > 0 { try closeBlock() }
    tail.shrink(to: 256)
  }

  // MARK: Rolling back

  /// Takes away the changes of a subtransaction and of those within it.
  ///
  /// They are the last ones whose ids do not precede its own. While a subtransaction is open, the session gives ids to it
  /// and to those within it only, after its own; and nothing else of the transaction can change a row meanwhile. Where it
  /// was released and its parent is rolled back, the server tells of both, and the changes of both are last.
  ///
  /// Logical messages between them go with them. `false`: some stand before the first of them, or there are only messages at
  /// the end; whether those were rolled back as well cannot be told, and what is kept is of no use any more.
  func rollBack(_ subtransaction: TransactionID) throws(SpillError) -> Bool {
    keptSubtransactions.rolledBack(subtransaction)
    var descriptions: [(id: RelationOID?, record: [UInt8])] = []
    var endsWithMessage = false
    scan: while try fillTail(before: subtransaction) {
      let record = try OpenTransaction.lastRecord(of: tail)
      switch record.id.rawValue {
      case OpenTransaction.descriptionID: OpenTransaction.keepDescription(in: tail, record.start, &descriptions)
      case OpenTransaction.messageID: endsWithMessage = true
      default:
        if record.id.precedes(subtransaction) {
          lastInTail = .change(record.id)
          break scan
        }
        endsWithMessage = false
      }
      tail.truncate(to: record.start)
      lastInTail = .none
    }
    for description in descriptions.reversed() { tail.append(description.record) }
    return !endsWithMessage
  }

  /// Only the last description of a table counts.
  private static func keepDescription(
    in tail: borrowing ByteWriter, _ start: Int, _ descriptions: inout [(id: RelationOID?, record: [UInt8])]
  ) {
    let record = tail.bytes.extracting(start..<tail.count)
    var reader = ByteReader(record)
    let oid: RelationOID?
    do throws(DecodeError) {
      _ = try reader.skip(OpenTransaction.headBytes + XLogDataHeader.byteCount + 1)
      oid = RelationOID(rawValue: try reader.readInteger())
    } catch {
      oid = nil
    }
    if descriptions.contains(where: { $0.id == oid }) { return }
    descriptions.append((oid, unsafe record.withUnsafeBytes { unsafe Array($0) }))
  }

  /// Sees to it that the tail holds the last record. `false`: there is none, or it is known to precede the subtransaction.
  private func fillTail(before subtransaction: TransactionID) throws(SpillError) -> Bool {
    while tail.count == 0 {
      if case .change(let last) = lastBefore, last.precedes(subtransaction) { return false }
      if let block = closed.popLast() {
        tail.append(block)
        closedBytes -= block.count
      } else if let file, fileBytes > 0 {
        let length = try OpenTransaction.length(try file.read(4, at: fileBytes - 4))
        guard length > 0, length <= fileBytes - 8 else { throw OpenTransaction.damaged }
        tail.append(try file.read(length, at: fileBytes - 4 - length))
        fileBytes -= length + 8
        try file.truncate(to: fileBytes)
      } else {
        return false
      }
      lastBefore = .unknown
    }
    return true
  }

  private static func lastRecord(
    of tail: borrowing ByteWriter
  ) throws(SpillError) -> (start: Int, id: TransactionID) {
    let bytes = tail.bytes
    do throws(DecodeError) {
      guard bytes.byteCount >= OpenTransaction.overheadBytes else { throw .invalidLength(bytes.byteCount, at: 0) }
      var reader = ByteReader(bytes.extracting((bytes.byteCount - 4)..<bytes.byteCount))
      let start = bytes.byteCount - OpenTransaction.overheadBytes - Int(try reader.readInteger(as: UInt32.self))
      guard start >= 0 else { throw .invalidLength(start, at: bytes.byteCount - 4) }
      reader = ByteReader(bytes.extracting(start..<bytes.byteCount))
      _ = try reader.skip(4)
      return (start, TransactionID(rawValue: try reader.readInteger()))
    } catch {
      throw OpenTransaction.damaged
    }
  }

  static let damaged = SpillError("a spill file does not hold what was written to it")

  private static func length(_ bytes: [UInt8]) throws(SpillError) -> Int {
    var reader = unsafe ByteReader(bytes.span.bytes)
    do throws(DecodeError) {
      return Int(try reader.readInteger(as: UInt32.self))
    } catch {
      throw damaged
    }
  }

  // MARK: Reading

  /// Where a reader is among the blocks.
  struct Cursor {
    fileprivate var fileOffset = 0
    fileprivate var closedIndex = 0
    fileprivate var isAtEnd = false
  }

  /// The next block's records; `nil` after the last. Nothing is written once reading has begun.
  func nextBlock(_ cursor: inout Cursor) throws(SpillError) -> [UInt8]? {
    if let file, cursor.fileOffset < fileBytes {
      let length = try OpenTransaction.length(try file.read(4, at: cursor.fileOffset))
      guard length <= fileBytes - cursor.fileOffset - 8 else { throw OpenTransaction.damaged }
      let block = try file.read(length, at: cursor.fileOffset + 4)
      cursor.fileOffset += length + 8
      return block
    }
    if cursor.closedIndex < closed.count {
      cursor.closedIndex += 1
      return closed[cursor.closedIndex - 1]
    }
    if cursor.isAtEnd { return nil }
    cursor.isAtEnd = true
    return tail.array
  }

  /// One record of a block: where its frame stands, and whether it is a change or message.
  struct Record {
    let frame: Range<Int>
    let isChange: Bool

    /// Reads the record at `offset` and moves it on; `nil` at the block's end.
    static func next(_ block: borrowing [UInt8], at offset: inout Int) throws(SpillError) -> Record? {
      if offset == block.count { return nil }
      do throws(DecodeError) {
        var reader = unsafe ByteReader(block.span.bytes.extracting(offset..<block.count))
        let length = Int(try reader.readInteger(as: UInt32.self))
        let id = try reader.readInteger(as: UInt32.self)
        let start = offset + reader.offset
        _ = try reader.skip(length)
        _ = try reader.skip(4)
        offset += reader.offset
        return Record(frame: start..<(start + length), isChange: id != OpenTransaction.descriptionID)
      } catch {
        throw OpenTransaction.damaged
      }
    }
  }

  /// Where the first change stands that was not rolled back; `nil` where there is none.
  func firstChangeLSN() throws(SpillError) -> LSN? {
    var cursor = Cursor()
    while let block = try nextBlock(&cursor) {
      var offset = 0
      while let record = try Record.next(block, at: &offset) {
        guard record.isChange else { continue }
        do throws(DecodeError) {
          var reader = unsafe ByteReader(block.span.bytes.extracting(record.frame))
          _ = try reader.skip(1)
          return try reader.readLSN()
        } catch {
          throw OpenTransaction.damaged
        }
      }
    }
    return nil
  }
}

/// A RELATION message, and its place among all that have come on the connection.
struct DescribedRelation: Equatable {
  let sequence: UInt64
  /// Up to the table's name.
  let head: [UInt8]
  /// From the replica identity on: what equal tables have alike.
  let columns: [UInt8]

  /// As protocol version 1 has it.
  var message: [UInt8] { head + columns }
}
