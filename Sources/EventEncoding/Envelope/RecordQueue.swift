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

    public var lsn: LSN { place.lsn }

    /// `public.accounts`, or `nil` for a record that is no change of a table.
    public var table: String? { plan?.id.description }
    public var keyColumns: [String] { plan?.keyColumnNames ?? [] }
  }

  /// In one property of a slot, since each access to a class's property is checked for exclusivity.
  public struct Place: Sendable {
    public internal(set) var lsn = LSN.invalid
    /// Its place in its unit.
    public internal(set) var ordinal: UInt64 = 0
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
  mutating func beginUnit(at lsn: LSN) {
    unit = lsn
    ordinals = 0
  }

  /// An empty record at the end: whoever leaves a slot clears it. It counts at once; `cancelLast` takes it back.
  mutating func append(_ plan: RelationPlan?, at lsn: LSN) -> Slot {
    if count == slots.count { slots.append(Slot()) }
    count += 1
    let slot = slots[count - 1]
    slot.plan = plan
    slot.place = Place(lsn: lsn, ordinal: ordinals)
    ordinals += 1
    return slot
  }

  /// One more record in the place of the last: a part of it.
  mutating func appendPart(_ plan: RelationPlan?, at lsn: LSN) -> Slot {
    ordinals -= 1
    return append(plan, at: lsn)
  }

  mutating func cancelLast() {
    precondition(!isEmpty)
    slots[count - 1].record.clear()
    count -= 1
    ordinals -= 1
    if head == count {
      head = 0
      count = 0
    }
  }
}
