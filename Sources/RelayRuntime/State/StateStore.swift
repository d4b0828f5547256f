/// A place for state records. Calls wait for the disk or the network; the relay's thread never makes them while it
/// streams: see `StateKeeper`.
public protocol StateStore {
  /// The connector's record; `nil` when there is none.
  mutating func load(connector: String) throws(StateStoreError) -> StateRecord?
  /// Returns when the record is safe.
  /// Refuses the record of a relay that has been overtaken, as far as the place can.
  mutating func store(_ record: StateRecord) throws(StateStoreError)
  /// The first record of a relay that begins: the one it has loaded, with a higher term. Throws `isOvertaken` where that is
  /// no longer what is there.
  mutating func claim(_ record: StateRecord) throws(StateStoreError)
}

extension StateStore {
  public mutating func claim(_ record: StateRecord) throws(StateStoreError) { try store(record) }
}
