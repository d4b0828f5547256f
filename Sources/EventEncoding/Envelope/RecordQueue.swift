import BasicContainers
import Primitives

/// Records that one frame gave, waiting for the producer to take them. Slots are reused, so that a steady stream allocates
/// nothing.
public struct RecordQueue: ~Copyable {
  /// Moved from hand to hand, and no class: that would be counted and checked for exclusivity at each step of each record.
  public struct Slot: ~Copyable {
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

  @usableFromInline var waiting = UniqueArray<Slot>()
  @usableFromInline var head = 0
  private var spare = UniqueArray<Slot>()
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

  @inlinable
  public var isEmpty: Bool { head == waiting.count }

  /// The oldest waiting record.
  @inlinable
  public var first: Slot {
    _read { yield waiting[head] }
    _modify { yield &waiting[head] }
  }

  public mutating func removeFirst() {
    precondition(!isEmpty)
    waiting[head].record.clear(keepingAtMost: RecordQueue.keptBytesMax)
    head += 1
    guard isEmpty else { return }
    while !waiting.isEmpty { spare.append(waiting.removeLast()) }
    head = 0
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

  /// A record that has nothing but the headers of `block`, to be filled. It has its place among the others, and is given back
  /// by `append`, or by `putBack` where nothing came of it.
  mutating func take(_ plan: RelationPlan?, at lsn: LSN, beginningWith block: HeaderBlock? = nil) -> Slot {
    var slot = spare.isEmpty ? Slot() : spare.removeLast()
    slot.record.begin(with: block)
    if slot.plan !== plan { slot.plan = plan }
    slot.place = Place(lsn: lsn, unit: unit, ordinal: ordinals)
    if kind != .ofUnit || recordsBetween > 0 { setApart(&slot) }
    ordinals += 1
    return slot
  }

  mutating func append(_ slot: consuming Slot) { waiting.append(slot) }

  private mutating func setApart(_ slot: inout Slot) {
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
  mutating func takePart(_ plan: RelationPlan?, at lsn: LSN) -> Slot {
    takeOrdinalBack()
    return take(plan, at: lsn)
  }

  mutating func putBack(_ slot: consuming Slot) {
    slot.record.clear()
    spare.append(slot)
    takeOrdinalBack()
  }
}
