import Primitives
import RelayRuntime

/// A disk in memory that may be full.
public final class ScriptedSpill: SpillSpace {
  /// From now on nothing can be written.
  public var isFull = false
  /// Files that are still there.
  public private(set) var files = 0
  public private(set) var bytesWritten = 0

  public init() {}

  public func makeFile() throws(SpillError) -> any SpillFile {
    if isFull { throw SpillError("the script's disk is full") }
    return File(self)
  }

  private final class File: SpillFile {
    private let space: ScriptedSpill
    private var bytes: [UInt8] = []

    init(_ space: ScriptedSpill) {
      self.space = space
      space.files += 1
    }

    deinit { space.files -= 1 }

    func write(_ span: RawSpan, at offset: Int) throws(SpillError) {
      if space.isFull { throw SpillError("the script's disk is full") }
      precondition(offset <= bytes.count, "a hole")
      space.bytesWritten += span.byteCount
      bytes.removeSubrange(offset...)
      for index in 0..<span.byteCount { bytes.append(span.byte(at: index)) }
    }

    func read(_ count: Int, at offset: Int) throws(SpillError) -> [UInt8] {
      guard offset >= 0, count >= 0, offset + count <= bytes.count else {
        throw SpillError("nothing was written there")
      }
      return Array(bytes[offset..<(offset + count)])
    }

    func truncate(to size: Int) throws(SpillError) { bytes.removeSubrange(size...) }
  }
}
