/// A place for state records. Calls wait for the disk or the network; the relay's thread never makes them while it
/// streams: see `StateKeeper`.
public protocol StateStore {
  /// The connector's record; `nil` when there is none.
  mutating func load(connector: String) throws(StateStoreError) -> StateRecord?
  /// Returns when the record is safe.
  mutating func store(_ record: StateRecord) throws(StateStoreError)
}
