/// Who may write a connector's record. A relay that stood still (SIGSTOP, a frozen machine) may have lost its slot without
/// knowing: what it stores after another has begun would leave the slot ahead of the state, a gap that is none, or pass over
/// what the other sends again (docs/model, rules 10 and 11).
extension StateRecord {
  /// Another relay has begun since this record's. A relay's first record is the one it has found, as its own: where that is no
  /// longer what is there, another has stored or begun in between. Its later ones never go back.
  func isOvertaken(by stored: StateRecord) -> Bool {
    guard let relay, relay != stored.relay else { return isBehind(stored) }
    return relay.number <= stored.relay?.number ?? 0 || claimed(by: nil) != stored.claimed(by: nil)
  }

  /// The first record of a relay that begins at this one.
  func claimed(by relay: RelayTerm?) -> StateRecord {
    var record = self
    record.relay = relay
    record.hasEnded = false
    return record
  }

  private func isBehind(_ stored: StateRecord) -> Bool {
    snapshot == .complete && stored.snapshot == .complete && slot == stored.slot && database == stored.database
      && systemIdentifier == stored.systemIdentifier && timeline == stored.timeline
      && position.acknowledged < stored.position.acknowledged
  }

  func checkNotOvertaken(by stored: StateRecord?) throws(StateStoreError) {
    guard let stored, isOvertaken(by: stored) else { return }
    throw .overtaken(connector)
  }

  /// What is in force of two records, in the order in which a topic took them. It takes them of anyone: of two relays' the
  /// later term's counts, of one number the first's, and a relay's first record moves nothing but the term.
  ///
  /// Compaction leaves the end of the topic, and before it one record that may be a late one: a later term's record that is
  /// not its first is whole in itself, since it follows one that was found in force.
  static func inForce(_ next: [UInt8], after current: [UInt8]) -> [UInt8] {
    if startOfTerm(next) == startOfTerm(current) { return next }
    // One that cannot be read is for the one who reads it to tell.
    guard let new = try? StateRecord(json: next), let term = new.relay, let old = try? StateRecord(json: current),
      term != old.relay
    else { return next }
    guard term.number > old.relay?.number ?? 0 else { return current }
    return next.suffix(claimEnd.count).elementsEqual(claimEnd) ? old.claimed(by: term).json : next
  }

  /// As a relay's first record stands in a topic: known by its end.
  var claimJSON: [UInt8] { json.dropLast() + StateRecord.claimEnd }

  private static let claimEnd = Array(",\"claim\":true}".utf8)

  /// The bytes of a record up to its term's end: most records of a topic follow one of the same relay.
  private static func startOfTerm(_ json: [UInt8]) -> ArraySlice<UInt8>? {
    let start = Array("{\"format\":\(formatVersion),\"relay\":\"".utf8)
    guard json.starts(with: start) else { return nil }
    return json[start.count...].prefix { $0 != UInt8(ascii: "\"") }
  }
}
