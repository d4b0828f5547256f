extension StateRecord {
  /// Another relay of the connector has gone further since: this record is of one that lost the slot, and does not know it
  /// yet because it stood still (SIGSTOP, a frozen machine). Written, it would leave the slot ahead of the state, a gap that
  /// is none.
  func isOvertaken(by stored: StateRecord) -> Bool {
    snapshot == .complete && stored.snapshot == .complete && slot == stored.slot && database == stored.database
      && systemIdentifier == stored.systemIdentifier && timeline == stored.timeline
      && position.acknowledged < stored.position.acknowledged
  }

  func checkNotOvertaken(by stored: StateRecord?) throws(StateStoreError) {
    guard let stored, isOvertaken(by: stored) else { return }
    // To a relay that has the slot this cannot happen; the other's next look at it ends its stream.
    throw StateStoreError("another relay of \(connector) has stored a later position", isTransient: true)
  }
}
