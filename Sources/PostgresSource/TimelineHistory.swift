import Primitives

/// Where the timelines before a server's own ended. Two promotions of standbys of one primary give two timelines of the same
/// number: they are told apart by where they begin.
public struct TimelineHistory: Sendable, Equatable {
  /// By the timeline's number.
  public let ends: [Int: LSN]

  public init(ends: [Int: LSN] = [:]) { self.ends = ends }

  /// Content of a history file: lines `timeline TAB LSN TAB reason`, the oldest first.
  public init(file content: String) {
    var ends: [Int: LSN] = [:]
    for line in content.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      if fields.count >= 2, let number = Int(fields[0]), let end = LSN(fields[1]) { ends[number] = end }
    }
    self.ends = ends
  }

  /// Where a timeline branched off from the one before it; `nil` of a cluster's first.
  public func start(of timeline: Int) -> LSN? {
    ends.filter { $0.key < timeline }.max { $0.key < $1.key }?.value
  }
}
