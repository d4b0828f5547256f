/// Records that wait to be handed over together. librdkafka's broker thread sends what it finds when it wakes, and under load
/// it would find the few that came since its last request: each of those costs the broker and both ends of the connection more
/// than the records in it.
///
/// Values stand where librdkafka reads them (`PayloadSlab`); keys are kept here, since it copies those.
@safe
struct GatheredRecords: ~Copyable {
  @safe
  struct Record {
    let topic: Int
    let ticket: UInt
    /// As librdkafka takes it: 0 is now.
    let timestampMilliseconds: Int64
    /// `nil` is a null value.
    let value: UnsafeMutableRawPointer?
    let valueBytes: Int
    /// Place in `keys`; `nil` is a null key.
    let key: Range<Int>?
    let headers: HeaderLists.Lent

    var keyBytes: Int { key?.count ?? 0 }
  }

  static let countMax = 1024
  static let keyBytesMax = 4 << 10

  private var records: [Record] = []
  private var first = 0
  private(set) var keys: [UInt8] = []

  init() { records.reserveCapacity(GatheredRecords.countMax) }

  var count: Int { records.count - first }
  var isFull: Bool { records.count == GatheredRecords.countMax }
  /// Oldest first. The lists of their headers are the owner's to free.
  var waiting: ArraySlice<Record> { records[first...] }
  /// The oldest.
  var next: Record? { first < records.count ? records[first] : nil }

  /// Inlined, so that a record's parts go from registers to their place: a structure that was just written is read again only
  /// when all before it has gone from the processor to its caches, and that is the whole value.
  @inline(__always)
  mutating func append(_ record: Record) { records.append(record) }

  /// A copy of a key that the next record has.
  mutating func keep(key: UnsafeRawBufferPointer) -> Range<Int> {
    let start = keys.count
    unsafe keys.append(contentsOf: key)
    return start..<keys.count
  }

  mutating func removeFirst() {
    first += 1
    guard first == records.count else { return }
    records.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    first = 0
  }
}
