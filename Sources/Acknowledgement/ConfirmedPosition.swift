import Primitives

/// The three stations of a position on its way to the server: acknowledged by Kafka, stored in the state record, told to
/// PostgreSQL. Each may only follow the one before it, and none ever goes back (PRODUCT.md §4).
public struct ConfirmedPosition: Sendable {
  /// From the ledger.
  public private(set) var acknowledged: LSN
  /// Handed to the state store, not yet known to be safe there.
  public private(set) var beingStored: LSN?
  /// Safe in the state record.
  public private(set) var stored: LSN

  public init(stored: LSN) {
    acknowledged = stored
    self.stored = stored
  }

  public mutating func acknowledge(_ position: LSN) { acknowledged = max(acknowledged, position) }

  /// What the state store should write next: `nil` while a write is under way, or when there is nothing new.
  public mutating func nextToStore() -> LSN? {
    guard beingStored == nil, acknowledged > stored else { return nil }
    beingStored = acknowledged
    return acknowledged
  }

  /// The same position again, since something else that is stored with it has changed: `nil` while a write is under way.
  public mutating func storeAgain() -> LSN? {
    guard beingStored == nil else { return nil }
    beingStored = acknowledged
    return acknowledged
  }

  /// The state store has written what it was given.
  public mutating func storeSucceeded() {
    guard let position = beingStored else { return }
    stored = max(stored, position)
    beingStored = nil
  }

  /// The write failed; the position stays to be stored.
  public mutating func storeFailed() { beingStored = nil }

  /// What may be told to the server as flushed.
  public var flushable: LSN { stored }
}
