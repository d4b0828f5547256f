import Primitives

/// Rows of a bounded query kept whole, such as one chunk of an incremental snapshot. Values are the server's texts in one
/// run of bytes, so that a batch is a few allocations whatever its rows are.
public struct RowBatch: Sendable, Equatable {
  public let columnCount: Int
  private var bytes: [UInt8] = []
  /// End of each value in `bytes`, row by row. A value begins where the one before it ends.
  private var ends: [Int] = []
  private var nulls: [Bool] = []

  public init(columnCount: Int) {
    precondition(columnCount > 0)
    self.columnCount = columnCount
  }

  /// Whole rows.
  public var rowCount: Int { ends.count / columnCount }

  /// Memory of the texts, in bytes.
  public var byteCount: Int { bytes.count }

  public mutating func append(_ value: RawSpan) {
    for offset in 0..<value.byteCount { bytes.append(value.byte(at: offset)) }
    ends.append(bytes.count)
    nulls.append(false)
  }

  public mutating func appendNull() {
    ends.append(bytes.count)
    nulls.append(true)
  }

  /// Where the row's values stand in `span`.
  public func layout(ofRow row: Int, into layout: inout TupleLayout) {
    layout.removeAll()
    for index in row * columnCount..<(row + 1) * columnCount {
      layout.append(nulls[index] ? .null : .text(range(index)))
    }
  }

  /// All values, for the ranges of `layout`.
  public var span: RawSpan {
    @_lifetime(borrow self) get { unsafe bytes.span.bytes }
  }

  /// One value as a text; `nil` for NULL.
  public func text(row: Int, column: Int) -> String? {
    let index = row * columnCount + column
    return nulls[index] ? nil : String(decoding: bytes[range(index)], as: UTF8.self)
  }

  private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}
