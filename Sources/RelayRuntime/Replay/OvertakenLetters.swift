import EventEncoding

/// Keys of which a letter stands behind newer ones. A replay that ended early leaves that: what failed again, and what waited
/// behind it, was put at the end of the topic, and the key's newer letters have not been looked at yet. They must wait for
/// those at the end, though nothing in front of them fails any more. Pure.
struct OvertakenLetters {
  /// Since when each key's letters wait.
  private(set) var keys = HeldKeys()
  private var newest: [[UInt8]: ChangePosition] = [:]

  /// The next outstanding letter, in the topic's order. Returns `false` when there are too many keys.
  mutating func pass(_ hold: LetterHold) -> Bool {
    let overtaken = hold.names.filter { name in newest[name].map { hold.position < $0 } ?? false }
    for name in hold.names {
      // The whole table may wait behind one letter.
      for name in [name, HeldKeys.tableName(of: name)] {
        if let name { newest[name] = max(hold.position, newest[name] ?? hold.position) }
      }
    }
    return keys.hold(overtaken, since: hold.position)
  }

  /// The letter's turn has come: `held`, which began as `keys`, lets it through where it is the one that others waited for.
  func release(_ hold: LetterHold, from held: inout HeldKeys) {
    for name in hold.names where keys.since(name) == hold.position && held.since(name) == hold.position {
      held.release(name)
    }
  }
}
