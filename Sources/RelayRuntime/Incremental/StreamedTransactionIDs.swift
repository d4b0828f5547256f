import Primitives

/// The transactions that the stream has brought last, so that a chunk can be told from one that was read too early.
///
/// A commit is in the log, and may have been streamed, before other sessions see it: for a moment, or for as long as it
/// waits for a synchronous standby. A chunk that is read meanwhile shows its rows as they were, and its changes are past.
struct StreamedTransactionIDs {
  /// Far more than a server has sessions, each of which can have one transaction that waits to be seen.
  private static let countMax = 65_536
  private var ids: [UInt32] = []
  private var next = 0

  mutating func add(_ id: UInt32) {
    if ids.count < StreamedTransactionIDs.countMax {
      ids.append(id)
    } else {
      ids[next] = id
      next = (next + 1) % StreamedTransactionIDs.countMax
    }
  }

  /// Whether one of these has been streamed. Asked once a chunk.
  func contains(anyOf wanted: Set<UInt32>) -> Bool { !wanted.isEmpty && ids.contains { wanted.contains($0) } }
}
