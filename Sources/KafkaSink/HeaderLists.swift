import CRdkafka
import Glibc
import Primitives

/// librdkafka's header lists, used again. A list takes an allocation for itself, one for its array and one a header, and
/// nearly all records of a connector carry the same headers: a list comes back with its record's delivery report and goes
/// out with the next record, without a touch.
///
/// Only lists of one content are kept. The mark, given with a list and wanted back with it, tells which; 0 is none.
@safe
struct HeaderLists: ~Copyable {
  @safe
  struct Lent {
    /// `nil` for no headers.
    let list: OpaquePointer?
    let mark: UInt32
  }

  /// Some 500 bytes each.
  static let spareMax = 4096
  /// Content beyond this is not compared.
  private static let contentBytesMax = 1024
  private static let patienceMin = 64
  private static let patienceMax = 4096

  private var spare: [OpaquePointer] = unsafe []
  /// Of the content that is kept: counts up as it changes.
  private var mark: UInt32 = 0
  private var content: [UInt8] = []
  /// Places of names and values in `content`.
  private var places: [EncodedRecord.Header] = []
  /// Records in a row that had other headers, and after how many of them the content changes. Where it never comes again,
  /// as with an event's identifier, it changes ever more seldom.
  private var misses = 0
  private var patience = patienceMin
  private var hasServed = true

  init() { unsafe spare.reserveCapacity(HeaderLists.spareMax) }

  deinit { destroySpare() }

  private func destroySpare() {
    for index in unsafe spare.indices { unsafe rd_kafka_headers_destroy(spare[index]) }
  }

  /// A list with the record's headers. Belongs to librdkafka once it has taken the record, else it is to be given to
  /// `takeBack`.
  mutating func lend(for record: borrowing EncodedRecord) -> Lent {
    if record.headers.isEmpty { return unsafe Lent(list: nil, mark: 0) }
    let bytes = record.bytes.bytes
    if !isKept(record, bytes) {
      misses += 1
      guard mark == 0 || misses >= patience, keep(record, bytes) else {
        return unsafe Lent(list: HeaderLists.make(record, bytes), mark: 0)
      }
    }
    misses = 0
    if let list = unsafe spare.popLast() {
      hasServed = true
      return unsafe Lent(list: list, mark: mark)
    }
    return unsafe Lent(list: HeaderLists.make(record, bytes), mark: mark)
  }

  mutating func takeBack(_ lent: Lent) {
    guard let list = unsafe lent.list else { return }
    guard lent.mark != 0, lent.mark == mark, unsafe spare.count < HeaderLists.spareMax else {
      unsafe rd_kafka_headers_destroy(list)
      return
    }
    unsafe spare.append(list)
  }

  /// Takes the list of a record that has been reported on. What is not taken librdkafka destroys.
  mutating func reclaim(from message: UnsafePointer<rd_kafka_message_t>, mark lentMark: UInt32) {
    guard lentMark != 0, lentMark == mark, unsafe spare.count < HeaderLists.spareMax else { return }
    var list: OpaquePointer?
    // The message is the event's and still ours to change; `const` only for those that read it.
    let code = unsafe rd_kafka_message_detach_headers(UnsafeMutablePointer(mutating: message), &list)
    if code == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list { unsafe spare.append(list) }
  }

  // MARK: Content

  private func isKept(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    guard mark != 0, record.headers.count == places.count else { return false }
    let start = record.headers[0].name.lowerBound
    guard start >= 0, bytes.byteCount - start >= content.count else { return false }
    for index in places.indices where record.headers[index] != places[index].moved(by: start) { return false }
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe content.withUnsafeBytes { content in
        unsafe memcmp(bytes.baseAddress! + start, content.baseAddress!, content.count) == 0
      }
    }
  }

  /// From here on lists with this record's headers are kept. `false` for headers that do not lie together.
  private mutating func keep(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> Bool {
    let start = record.headers[0].name.lowerBound
    var end = start
    for header in record.headers {
      guard header.name.lowerBound >= end else { return false }
      // A zero byte ends the name.
      end = header.name.upperBound + 1
      if let value = header.value {
        guard value.lowerBound >= end else { return false }
        end = value.upperBound
      }
    }
    guard end - start <= HeaderLists.contentBytesMax, end <= bytes.byteCount else { return false }
    patience = hasServed ? HeaderLists.patienceMin : min(patience * 2, HeaderLists.patienceMax)
    hasServed = false
    destroySpare()
    unsafe spare.removeAll(keepingCapacity: true)
    mark = mark == .max ? 1 : mark + 1
    content = unsafe bytes.withUnsafeBytes { unsafe Array($0[start..<end]) }
    places = record.headers.map { $0.moved(by: -start) }
    return true
  }

  private static func make(_ record: borrowing EncodedRecord, _ bytes: RawSpan) -> OpaquePointer? {
    let list = unsafe rd_kafka_headers_new(record.headers.count)
    unsafe bytes.withUnsafeBytes { bytes in
      for header in record.headers {
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
    return unsafe list
  }
}

extension EncodedRecord.Header {
  fileprivate func moved(by distance: Int) -> EncodedRecord.Header {
    EncodedRecord.Header(
      name: (name.lowerBound + distance)..<(name.upperBound + distance),
      value: value.map { ($0.lowerBound + distance)..<($0.upperBound + distance) })
  }
}
