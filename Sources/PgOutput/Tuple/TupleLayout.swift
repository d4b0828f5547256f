import Primitives

/// Where the columns of one tuple stand in a message. Reused from row to row, so that decoding allocates nothing.
public struct TupleLayout: Sendable, Equatable {
  public internal(set) var columns: [TupleColumn] = []

  public init() {}

  public var count: Int { columns.count }

  @inlinable
  public subscript(index: Int) -> TupleColumn { columns[index] }

  public mutating func removeAll() { columns.removeAll(keepingCapacity: true) }

  public mutating func append(_ column: TupleColumn) { columns.append(column) }

  /// Column count, then per column a tag: `n` null, `u` unchanged TOAST, `t` text, `b` binary; the last two with length
  /// and bytes. Source: PostgreSQL manual, "Logical Replication Message Formats", TupleData.
  @_lifetime(frame: copy frame)
  mutating func decode(_ frame: inout ByteReader) throws(DecodeError) {
    // A copy of its own stays in registers.
    var reader = frame
    let countAt = reader.offset
    let count = Int(try reader.readInteger(as: Int16.self))
    guard count >= 0 else { throw .invalidLength(count, at: countAt) }
    makePlaces(count)
    var places = columns.mutableSpan
    for index in places.indices {
      // Most columns: tag and length in one look.
      if let word = reader.word, UInt8(truncatingIfNeeded: word) == UInt8(ascii: "t") {
        _ = try reader.skip(5)
        places[index] = .text(try reader.skip(Int(Int32(bigEndian: Int32(truncatingIfNeeded: word >> 8)))))
        continue
      }
      let tagAt = reader.offset
      switch try reader.readByte() {
      case UInt8(ascii: "t"): places[index] = .text(try TupleLayout.value(&reader))
      case UInt8(ascii: "n"): places[index] = .null
      case UInt8(ascii: "u"): places[index] = .unchanged
      case UInt8(ascii: "b"): places[index] = .binary(try TupleLayout.value(&reader))
      case let tag: throw .unknownTag(tag, at: tagAt)
      }
    }
    frame = reader
  }

  /// Rows of one table come after each other: then the places are there already.
  @inline(__always)
  mutating func makePlaces(_ count: Int) {
    guard columns.count != count else { return }
    columns.removeAll(keepingCapacity: true)
    columns.append(contentsOf: repeatElement(.null, count: count))
  }

  @inline(__always)
  @_lifetime(reader: copy reader)
  private static func value(_ reader: inout ByteReader) throws(DecodeError) -> Range<Int> {
    let length = try reader.readInteger(as: Int32.self)
    return try reader.skip(Int(length))
  }
}

/// One column of a tuple; ranges are offsets in the message.
public enum TupleColumn: Sendable, Equatable {
  case null
  /// A TOASTed value that the update did not touch: the server does not send it.
  case unchanged
  case text(Range<Int>)
  case binary(Range<Int>)
}
