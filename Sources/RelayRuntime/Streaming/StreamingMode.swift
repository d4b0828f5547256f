/// `sluice.streaming`: whether the server sends large transactions before they have committed.
public enum StreamingMode: String, Sendable, CaseIterable {
  case off
  /// By protocol version 2, from PostgreSQL 14 on.
  case on
  /// By protocol version 4 from PostgreSQL 16 on, else as `on`.
  case parallel
}

/// What a connector needs for open transactions.
public struct StreamingPlan: Sendable, Equatable {
  public var mode = StreamingMode.parallel
  /// `sluice.spill.directory`; `nil`: `SpillDirectory.defaultPath`.
  public var directory: String?
  /// `sluice.spill.memory.bytes`
  public var memoryBytesMax = 8 << 20

  public init() {}
}

/// The protocol that a connection speaks. Source: PostgreSQL manual, "Logical Streaming Replication Parameters".
struct StreamingProtocol: Equatable {
  let version: Int
  /// Value of the option `streaming`; `nil` leaves it out.
  let streaming: String?

  /// The first version of all, in which only committed transactions are sent.
  static let committedOnly = StreamingProtocol(version: 1, streaming: nil)

  static func choose(_ mode: StreamingMode, serverVersion: Int) -> StreamingProtocol {
    switch mode {
    case .off: committedOnly
    case .on, .parallel:
      if serverVersion < 140_000 {
        committedOnly
      } else if mode == .parallel, serverVersion >= 160_000 {
        StreamingProtocol(version: 4, streaming: "parallel")
      } else {
        StreamingProtocol(version: 2, streaming: "on")
      }
    }
  }
}
