import CRdkafka
import Primitives

/// The arguments of `rd_kafka_producev`, filled anew for each record without allocating.
///
/// Kinds and constant flags stand in it from the start; a record changes pointers and sizes only.
@safe
struct ProduceArguments: ~Copyable {
  private enum Slot {
    static let topic = 0
    static let partition = 1
    static let flags = 2
    static let timestamp = 3
    static let opaque = 4
    static let value = 5
    static let key = 6
    static let headers = 7
  }

  private var slots: UnsafeMutablePointer<rd_kafka_vu_t>
  private var capacity = Slot.headers + 16

  init() {
    unsafe slots = .allocate(capacity: capacity)
    unsafe slots.initialize(repeating: rd_kafka_vu_t(), count: capacity)
    setKinds()
  }

  deinit { unsafe slots.deallocate() }

  private func setKinds() {
    unsafe slots[Slot.topic].vtype = RD_KAFKA_VTYPE_RKT
    unsafe slots[Slot.partition].vtype = RD_KAFKA_VTYPE_PARTITION
    unsafe slots[Slot.flags].vtype = RD_KAFKA_VTYPE_MSGFLAGS
    unsafe slots[Slot.flags].u.i = RD_KAFKA_MSG_F_COPY
    unsafe slots[Slot.timestamp].vtype = RD_KAFKA_VTYPE_TIMESTAMP
    unsafe slots[Slot.opaque].vtype = RD_KAFKA_VTYPE_OPAQUE
    unsafe slots[Slot.value].vtype = RD_KAFKA_VTYPE_VALUE
    unsafe slots[Slot.key].vtype = RD_KAFKA_VTYPE_KEY
    for index in Slot.headers..<capacity { unsafe slots[index].vtype = RD_KAFKA_VTYPE_HEADER }
  }

  /// Returns librdkafka's error object, which the caller owns, or `nil`.
  mutating func produce(
    _ record: borrowing EncodedRecord, client: OpaquePointer, topic: OpaquePointer, ticket: UInt
  ) -> OpaquePointer? {
    let headers = record.headers.count
    if headers > capacity - Slot.headers { grow(toHold: headers) }
    let slots = unsafe self.slots
    unsafe slots[Slot.topic].u.rkt = topic
    // -1 is RD_KAFKA_PARTITION_UA: the partitioner chooses.
    unsafe slots[Slot.partition].u.i32 = record.partition ?? -1
    // 0 is "now".
    // librdkafka takes 0 for "now": the first millisecond of 1970 is the nearest that can be sent.
    unsafe slots[Slot.timestamp].u.i64 = record.timestampMilliseconds.map { max($0, 1) } ?? 0
    unsafe slots[Slot.opaque].u.ptr = UnsafeMutableRawPointer(bitPattern: ticket)
    return unsafe record.bytes.bytes.withUnsafeBytes { bytes -> OpaquePointer? in
      // Empty is not null: an empty range needs some address, which is not read.
      let base = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(slots))
      let count = bytes.count
      unsafe slots[Slot.value].u.mem.ptr = address(of: record.value, base, count)
      unsafe slots[Slot.value].u.mem.size = record.value?.count ?? 0
      unsafe slots[Slot.key].u.mem.ptr = address(of: record.key, base, count)
      unsafe slots[Slot.key].u.mem.size = record.key?.count ?? 0
      for index in 0..<headers {
        let header = record.headers[index]
        // The zero byte behind the name is where librdkafka finds its end.
        precondition(header.name.upperBound < count)
        precondition(unsafe bytes[header.name.upperBound] == 0)
        unsafe slots[Slot.headers + index].u.header.name =
          UnsafePointer((base + header.name.lowerBound).assumingMemoryBound(to: CChar.self))
        unsafe slots[Slot.headers + index].u.header.val = UnsafeRawPointer(address(of: header.value, base, count))
        unsafe slots[Slot.headers + index].u.header.size = header.value?.count ?? 0
      }
      return unsafe sluice_produce(client, slots, slots + Slot.headers, headers)
    }
  }

  @inline(__always)
  private func address(
    of range: Range<Int>?, _ base: UnsafeMutableRawPointer, _ count: Int
  ) -> UnsafeMutableRawPointer? {
    guard let range else { return nil }
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe base + range.lowerBound
  }

  private mutating func grow(toHold headers: Int) {
    let larger = Slot.headers + headers * 2
    let fresh = UnsafeMutablePointer<rd_kafka_vu_t>.allocate(capacity: larger)
    unsafe fresh.initialize(repeating: rd_kafka_vu_t(), count: larger)
    unsafe slots.deallocate()
    unsafe slots = fresh
    capacity = larger
    setKinds()
  }
}
