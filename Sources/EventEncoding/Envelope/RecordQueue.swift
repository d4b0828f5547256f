import Primitives

/// Records that one frame gave, waiting for the producer to take them. Slots are reused, so that a steady stream allocates
/// nothing.
public struct RecordQueue: ~Copyable {
  /// A class, since an array cannot hold a non-copyable value.
  public final class Slot {
    public var record = EncodedRecord()
    /// Where the record comes from, for errors.
    fileprivate(set) var plan: RelationPlan?
    public var place = Place()
    /// Where `place.isApart`.
    fileprivate(set) var placeApart: RecordPlace?

    /// How the record is known again; `nil` where it is not, since it is another each time.
    public var recordPlace: RecordPlace? {
      place.isApart ? placeApart : .inUnit(place.unit, ordinal: place.ordinal)
    }

    public var lsn: LSN { place.lsn }

    /// `public.accounts`, or `nil` for a record that is no change of a table.
    public var table: String? { plan?.id.description }
    public var keyColumns: [String] { plan?.keyColumnNames ?? [] }
  }

  /// In one property of a slot, since each access to a class's property is checked for exclusivity.
  public struct Place: Sendable {
    public internal(set) var lsn = LSN.invalid
    /// Where the unit begins that it came with.
    fileprivate(set) var unit = LSN.invalid
    /// Its place in its unit.
    public internal(set) var ordinal: UInt64 = 0
    /// It is known again otherwise than by its unit and ordinal.
    public internal(set) var isApart = false
    /// The pipeline's index of the topic, once `record.topic` holds the sink's; for whoever hands the record over.
    public var pipelineTopic: Int?
  }

  /// A record's buffer keeps at most this much memory once the record is sent.
  static let keptBytesMax = 1 << 20

  private var slots: [Slot] = []
  private var head = 0
  private var count = 0
  /// Where the unit in hand begins, and its records so far.
  private(set) var unit = LSN.invalid
  private var ordinals: UInt64 = 0
  /// Those of them that came in between and do not when the unit comes again.
  private var recordsBetween: UInt64 = 0
  /// What the records that follow are.
  private(set) var kind = Kind.ofUnit

  enum Kind: Equatable {
    case ofUnit
    /// They come by themselves: rows of chunks, news, heartbeats. With how they are known again, if they are.
    case between(RecordPlace?)
  }

  public init() {}

  public var isEmpty: Bool { head == count }

  /// The oldest waiting record.
  public var first: Slot {
    precondition(!isEmpty)
    return slots[head]
  }

  public mutating func removeFirst() {
    precondition(!isEmpty)
    slots[head].record.clear(keepingAtMost: RecordQueue.keptBytesMax)
    head += 1
    if head == count {
      head = 0
      count = 0
    }
  }

  public mutating func removeAll() {
    while !isEmpty { removeFirst() }
  }

  /// The records that follow belong together.
  /// - Parameter part: how many records of the unit came before.
  mutating func beginUnit(at lsn: LSN, part: Int = 0) {
    unit = lsn
    ordinals = UInt64(part)
    recordsBetween = 0
  }

  /// The records up to `endBetween` are none of the unit in hand, if one is.
  mutating func beginBetween(_ place: RecordPlace?) { kind = .between(place) }
  mutating func endBetween() { kind = .ofUnit }

  /// An empty record at the end: whoever leaves a slot clears it. It counts at once; `cancelLast` takes it back.
  mutating func append(_ plan: RelationPlan?, at lsn: LSN) -> Slot {
    if count == slots.count { slots.append(Slot()) }
    count += 1
    let slot = slots[count - 1]
    slot.plan = plan
    slot.place = Place(lsn: lsn, unit: unit, ordinal: ordinals)
    if kind != .ofUnit || recordsBetween > 0 { setApart(slot) }
    ordinals += 1
    return slot
  }

  private mutating func setApart(_ slot: Slot) {
    slot.place.isApart = true
    switch kind {
    case .ofUnit: slot.placeApart = .inUnit(unit, ordinal: ordinals - recordsBetween)
    case .between(let place):
      slot.placeApart = place
      recordsBetween += 1
    }
  }

  private mutating func takeOrdinalBack() {
    ordinals -= 1
    if kind != .ofUnit { recordsBetween -= 1 }
  }

  /// One more record in the place of the last: a part of it.
  mutating func appendPart(_ plan: RelationPlan?, at lsn: LSN) -> Slot {
    takeOrdinalBack()
    return append(plan, at: lsn)
  }

  mutating func cancelLast() {
    precondition(!isEmpty)
    slots[count - 1].record.clear()
    count -= 1
    takeOrdinalBack()
    if head == count {
      head = 0
      count = 0
    }
  }
}
