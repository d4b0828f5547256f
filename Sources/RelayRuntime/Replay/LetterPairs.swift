import EventEncoding

/// Letters of one change, which stand one behind the other: a delete and its tombstone above all. Their key has one name and
/// their change one position, so nothing but their order tells which of them is the older: a commit must not part them. Pure.
struct LetterPairs {
  struct Next: Equatable {
    /// To be sent before the letter.
    var tombstoneBefore: LetteredChange?
    /// No commit may come before the letter.
    var belongsToLast: Bool
  }

  private let supplies: Bool
  private var last: LetteredChange?
  /// Of a delete that came last.
  private var owed: LetteredChange?

  /// - Parameter supplies: a delete whose tombstone is no letter behind it gets one. A kill can leave that, between the letters
  ///   of a replay or of the stream: then both follow again, or have been before.
  init(supplies: Bool) { self.supplies = supplies }

  /// The next letter, in the topic's order.
  /// - Parameter waits: its key is held, so that its tombstone is a letter, too.
  mutating func pass(_ letter: LetteredChange, waits: Bool) -> Next {
    let belongsToLast =
      letter.part > 0
      && last.map { $0.lsn == letter.lsn && $0.origin == letter.origin && $0.part < letter.part } ?? false
    let tombstone = belongsToLast && letter.part == 1 ? nil : owed
    owed = nil
    last = letter
    if supplies, waits, letter.isDelete {
      owed = letter
      owed?.part = 1
    }
    return Next(tombstoneBefore: tombstone, belongsToLast: belongsToLast)
  }

  /// Letters of the last one's change may follow.
  var isOpen: Bool { last?.mayGoOn ?? false }

  /// After the last letter: what is to be sent yet.
  mutating func end() -> LetteredChange? {
    defer { owed = nil }
    return owed
  }
}

extension LetteredChange {
  /// An update that changes the key gives a delete, too, but its second record need not be a tombstone.
  fileprivate var isDelete: Bool { part == 0 && message.first == UInt8(ascii: "D") }

  /// Behind tag and table an update of a key has the old one, marked `K`. Source: PostgreSQL manual, "Logical Replication
  /// Message Formats", Update.
  fileprivate var mayGoOn: Bool {
    isDelete
      || part < 2 && message.count > 5 && message[0] == UInt8(ascii: "U") && message[5] == UInt8(ascii: "K")
  }
}
