import Primitives

/// Where the changes of open transactions go that memory has no room for: a directory, or a script in tests.
public protocol SpillSpace: AnyObject {
  /// A new, empty file that is gone with the last reference to it.
  func makeFile() throws(SpillError) -> any SpillFile
}

/// One open transaction's changes. What is written is read by this process only.
public protocol SpillFile: AnyObject {
  func write(_ bytes: RawSpan, at offset: Int) throws(SpillError)
  /// Exactly `count` bytes.
  func read(_ count: Int, at offset: Int) throws(SpillError) -> [UInt8]
  /// Gives back what stands from `size` on.
  func truncate(to size: Int) throws(SpillError)
}

/// The disk is full, or does not give back what was written.
public struct SpillError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
