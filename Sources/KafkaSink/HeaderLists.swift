import CRdkafka
import Glibc
import Primitives

/// librdkafka's header lists. Nearly all records of a connector carry the same headers: one list serves all of them that are in
/// flight, since librdkafka only reads it. It frees a record's list with the record, so each must be taken from its record
/// when that is reported on, and no record may be left when the client is destroyed.
///
/// Where headers behind the constant ones differ, such as an event's identifier, a record has a list of its own, which comes
/// back with the report and goes out with another record, those headers replaced.
///
/// Only lists of one content are kept: the same names, and the same values of the first headers, be it all. The mark, given
/// with a list of the record's own and wanted back with it, tells which; 0 is none.
@safe
struct HeaderLists: ~Copyable {
  @safe
  struct Lent {
    /// `nil` for no headers.
    let list: OpaquePointer?
    let mark: UInt32
  }

  /// A list and how many records have it.
  @safe
  private struct Shared {
    let list: OpaquePointer
    var count = 0
  }

  /// Some 500 bytes each.
  static let spareMax = 4096
  /// Content beyond this is not compared.
  private static let contentBytesMax = 1024
  private static let patienceMin = 64
  private static let patienceMax = 4096

  /// Of the content that is kept, where all of it is constant.
  private var shared: Shared?
  /// Of content that was kept before, while records have them.
  private var retired: [Shared] = []
  private var spare: [OpaquePointer] = unsafe []
  /// Of the content that is kept: counts up as it changes.
  private var mark: UInt32 = 0
  private var content: [UInt8] = []
  /// Places of names and values in `content`.
  private var places: [EncodedRecord.Header] = []
  /// So many of the first headers have one value in all lists that are kept.
  private var constantCount = 0
  /// Of those, in `content`.
  private var constantBytes = 0
  /// What a record begins with that has just the constant part; `nil` where that is no block.
  private var block: HeaderBlock?
  /// Records in a row that had other headers, and after how many of them the content changes. Where it never comes again,
  /// as with an event's identifier, it changes ever more seldom.
  private var misses = 0
  private var patience = patienceMin
  /// Records since the content was chosen that had a list of it, and that had none.
  private var served = 1
  private var missed = 0

  init() { unsafe spare.reserveCapacity(HeaderLists.spareMax) }

  deinit {
    destroySpare()
    if let shared { unsafe rd_kafka_headers_destroy(shared.list) }
    for shared in retired { unsafe rd_kafka_headers_destroy(shared.list) }
  }

  private func destroySpare() {
    for index in unsafe spare.indices { unsafe rd_kafka_headers_destroy(spare[index]) }
  }

  /// Records that have a list with others.
  var sharedCount: Int { retired.reduce(shared?.count ?? 0) { $0 + $1.count } }

  /// A list with the record's headers. Belongs to librdkafka once it has taken the record, else it is to be given to
  /// `takeBack`.
  mutating func lend(for record: borrowing EncodedRecord) -> Lent {
    if record.headers.isEmpty { return unsafe Lent(list: nil, mark: 0) }
    let bytes = record.bytes.bytes
    if !isKept(record, bytes) {
      misses += 1
      missed += 1
      guard isToChange, served < missed && vary(record, bytes) || keep(record, bytes) else {
        return unsafe Lent(list: HeaderLists.make(record, bytes), mark: 0)
      }
    }
    misses = 0
    if constantCount == record.headers.count { return share(record, bytes) }
    if let list = unsafe spare.popLast() {
      served += 1
      unsafe replaceVarying(in: list, record, bytes)
      return unsafe Lent(list: list, mark: mark)
    }
    return unsafe Lent(list: HeaderLists.make(record, bytes), mark: mark)
  }

  private mutating func share(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Lent {
    if shared == nil, let list = unsafe HeaderLists.make(record, bytes) { shared = unsafe Shared(list: list) }
    shared?.count += 1
    served += 1
    return unsafe Lent(list: shared?.list, mark: 0)
  }

  /// Of a record that was not taken, or that has been reported on.
  mutating func takeBack(_ lent: Lent) {
    guard let list = unsafe lent.list, unsafe !takeBackShared(list) else { return }
    guard lent.mark != 0, lent.mark == mark, unsafe spare.count < HeaderLists.spareMax else {
      unsafe rd_kafka_headers_destroy(list)
      return
    }
    unsafe spare.append(list)
  }

  private mutating func takeBackShared(_ list: OpaquePointer) -> Bool {
    if let shared, unsafe shared.list == list {
      self.shared?.count -= 1
      return true
    }
    guard let index = retired.firstIndex(where: { unsafe $0.list == list }) else { return false }
    retired[index].count -= 1
    if retired[index].count == 0 { unsafe rd_kafka_headers_destroy(retired.remove(at: index).list) }
    return true
  }

  /// At the end, when no record is reported on any more.
  func destroyUnlessShared(_ list: OpaquePointer?) {
    guard let list = unsafe list, unsafe shared?.list != list, !retired.contains(where: { unsafe $0.list == list })
    else { return }
    unsafe rd_kafka_headers_destroy(list)
  }

  private mutating func retireShared() {
    guard let shared else { return }
    self.shared = nil
    if shared.count > 0 { retired.append(shared) } else { unsafe rd_kafka_headers_destroy(shared.list) }
  }

  /// Takes the list of a record that has been reported on.
  mutating func reclaim(from message: UnsafePointer<rd_kafka_message_t>, mark: UInt32) {
    if let list = unsafe HeaderLists.detach(from: message) { unsafe takeBack(Lent(list: list, mark: mark)) }
  }

  /// The message has no list any more that librdkafka would free.
  static func detach(from message: UnsafePointer<rd_kafka_message_t>) -> OpaquePointer? {
    var list: OpaquePointer?
    // The message is the event's and still ours to change; `const` only for those that read it.
    let code = unsafe rd_kafka_message_detach_headers(UnsafeMutablePointer(mutating: message), &list)
    return unsafe code == RD_KAFKA_RESP_ERR_NO_ERROR ? list : nil
  }

  // MARK: Content

  /// None came with what is kept for a while, or few did.
  private var isToChange: Bool {
    mark == 0 || misses >= patience || missed >= 4 * patience && served < missed / 4
  }

  private func isKept(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    guard mark != 0, record.headers.count == places.count else { return false }
    if block == nil || block !== record.block, !hasConstants(record, bytes) { return false }
    for index in constantCount..<places.count where !isSameName(index, record, bytes) { return false }
    return true
  }

  private func hasConstants(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    let start = record.headers[0].name.lowerBound
    guard start >= 0, bytes.byteCount - start >= constantBytes else { return false }
    for index in 0..<constantCount where record.headers[index] != places[index].moved(by: start) { return false }
    return isEqual(bytes, start..<(start + constantBytes), 0..<constantBytes)
  }

  /// After the constant part has changed, of which `record` has an instance.
  private mutating func noteBlock(of record: borrowing EncodedRecord) {
    block = record.block.flatMap { $0.headers.count == constantCount ? $0 : nil }
  }

  private func isSameName(_ index: Int, _ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    isEqual(bytes, record.headers[index].name, places[index].name)
  }

  private func isSameValue(_ index: Int, _ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    switch (record.headers[index].value, places[index].value) {
    case (nil, nil): true
    case (let value?, let kept?): isEqual(bytes, value, kept)
    default: false
    }
  }

  private func isEqual(_ bytes: RawSpan, _ range: Range<Int>, _ kept: Range<Int>) -> Bool {
    guard range.count == kept.count, range.lowerBound >= 0, range.upperBound <= bytes.byteCount else { return false }
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe content.withUnsafeBytes { content in
        unsafe memcmp(bytes.baseAddress! + range.lowerBound, content.baseAddress! + kept.lowerBound, range.count) == 0
      }
    }
  }

  /// Whether the record's headers differ from those that are kept in values only: then these are replaced from here on. Not
  /// where what is kept has served since it was chosen, and has changed for good.
  private mutating func vary(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    guard mark != 0, record.headers.count == places.count else { return false }
    for index in places.indices where !isSameName(index, record, bytes) { return false }
    // What is replaced is found by its name, up to the first zero byte.
    let names = Set(places.map { Array(content[$0.name]) })
    guard names.count == places.count, !names.contains(where: { $0.contains(0) }) else { return false }
    // Lists that are kept may differ behind what was constant before, even where this record does not.
    constantCount = places.indices.prefix(constantCount).first { !isSameValue($0, record, bytes) } ?? constantCount
    constantBytes = constantCount == 0 ? 0 : places[constantCount - 1].end
    if constantCount < places.count { retireShared() }
    noteBlock(of: record)
    patience = HeaderLists.patienceMin
    served = 0
    missed = 0
    return isKept(record, bytes)
  }

  private func replaceVarying(in list: OpaquePointer, _ record: borrowing EncodedRecord, _ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { bytes in
      for index in constantCount..<record.headers.count {
        let name = record.headers[index].name
        precondition(name.lowerBound >= 0 && name.upperBound < bytes.count)
        unsafe rd_kafka_header_remove(
          list, (bytes.baseAddress! + name.lowerBound).assumingMemoryBound(to: CChar.self))
      }
    }
    unsafe HeaderLists.add(record, from: constantCount, to: list, bytes)
  }

  /// From here on lists with this record's headers are kept. `false` for headers that do not lie together.
  private mutating func keep(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    let start = record.headers[0].name.lowerBound
    var end = start
    for header in record.headers {
      guard header.name.lowerBound >= end else { return false }
      // A zero byte ends the name.
      if let value = header.value, value.lowerBound <= header.name.upperBound { return false }
      end = header.end
    }
    guard end - start <= HeaderLists.contentBytesMax, end <= bytes.byteCount else { return false }
    patience = served > 0 ? HeaderLists.patienceMin : min(patience * 2, HeaderLists.patienceMax)
    served = 0
    missed = 0
    destroySpare()
    unsafe spare.removeAll(keepingCapacity: true)
    retireShared()
    mark = mark == .max ? 1 : mark + 1
    content = unsafe bytes.withUnsafeBytes { unsafe Array($0[start..<end]) }
    places = record.headers.map { $0.moved(by: -start) }
    constantCount = places.count
    constantBytes = content.count
    noteBlock(of: record)
    return true
  }

  private static func make(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> OpaquePointer? {
    let list = unsafe rd_kafka_headers_new(record.headers.count)
    unsafe add(record, from: 0, to: list, bytes)
    return unsafe list
  }

  private static func add(_ record: borrowing EncodedRecord, from first: Int, to list: OpaquePointer?, _ bytes: RawSpan)
  {
    unsafe bytes.withUnsafeBytes { bytes in
      for header in record.headers[first...] {
        precondition(header.name.lowerBound >= 0 && header.name.upperBound <= bytes.count)
        let base = bytes.baseAddress!
        var value: UnsafeRawPointer?
        if let range = header.value {
          precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
          unsafe value = base + range.lowerBound
        }
        // Fails only where the list belongs to a consumer's message. Name and value are copied.
        unsafe rd_kafka_header_add(
          list, (base + header.name.lowerBound).assumingMemoryBound(to: CChar.self), header.name.count, value,
          header.value?.count ?? 0)
      }
    }
  }
}

extension EncodedRecord.Header {
  /// Behind the value, or the zero byte of the name where there is none.
  fileprivate var end: Int { value?.upperBound ?? name.upperBound + 1 }

  fileprivate func moved(by distance: Int) -> EncodedRecord.Header {
    EncodedRecord.Header(
      name: (name.lowerBound + distance)..<(name.upperBound + distance),
      value: value.map { ($0.lowerBound + distance)..<($0.upperBound + distance) })
  }
}
