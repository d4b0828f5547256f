import Glibc

/// Memory for the values of records that librdkafka has taken. It is given their address instead of copying them
/// (`RD_KAFKA_MSG_F_COPY`) and may read them until the record's delivery report: also when it sends them again, gives them
/// up or fails for good, since each accepted record is reported on once.
///
/// Values lie one behind the other in chunks, and a chunk is used again when none of its values is needed any more. The
/// whole is bounded; where it has no room, the caller lets librdkafka copy.
///
/// A chunk stays as long as the last of its values. With thousands of partitions, whose records go one partition after the
/// other, that is twice as long as a value, so that half of the slab would hold nothing: then it is kept small.
@safe
struct PayloadSlab: ~Copyable {
  static let chunkBytes = 64 << 10
  static let chunkCount = 128
  static let scatteredChunkCount = 16
  /// A larger value would waste too much of a chunk's end.
  static let valueBytesMax = chunkBytes / 4
  /// Before each value: the caller's mark.
  private static let prefixBytes = 8
  private static let byteCount = chunkBytes * chunkCount

  /// One mapping, so that an address tells whether it is ours; pages that were never used take no memory. Empty where the
  /// system has none to give.
  private let base: UnsafeMutableRawPointer?
  /// Values in use, by chunk.
  private var used = [Int](repeating: 0, count: chunkCount)
  /// Chunks without values, the last one used on top: it is still in the processor's caches.
  private var free: [Int]
  /// Chunks that may hold values at a time.
  private var chunksMax = chunkCount
  /// The chunk that is being filled, and how far.
  private var current = 0
  private var end = 0

  init() {
    let mapping = unsafe mmap(
      nil, PayloadSlab.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    unsafe base = mapping == MAP_FAILED ? nil : mapping
    free = Array((1..<PayloadSlab.chunkCount).reversed())
  }

  deinit {
    if let base = unsafe base { unsafe munmap(base, PayloadSlab.byteCount) }
  }

  /// Values placed and not released.
  var usedCount: Int { used.reduce(0, +) }

  /// Keeps the slab small from here on; what is beyond goes back to the system as its values are released.
  mutating func scatter() {
    guard let base = unsafe base, chunksMax > PayloadSlab.scatteredChunkCount else { return }
    chunksMax = PayloadSlab.scatteredChunkCount
    for chunk in free { unsafe PayloadSlab.giveBack(chunk, of: base) }
  }

  private var chunksInUse: Int { PayloadSlab.chunkCount - free.count }

  private static func giveBack(_ chunk: Int, of base: UnsafeMutableRawPointer) {
    unsafe madvise(base + chunk * chunkBytes, chunkBytes, MADV_DONTNEED)
  }

  /// A copy of `value`, which stays until `release`; `nil` where there is no room. The mark comes back with the release.
  mutating func place(_ value: UnsafeRawBufferPointer, mark: UInt32) -> UnsafeMutableRawPointer? {
    guard let base = unsafe base, value.count <= PayloadSlab.valueBytesMax else { return nil }
    let size = (PayloadSlab.prefixBytes + value.count + 7) & ~7
    if PayloadSlab.chunkBytes - end < size {
      guard chunksInUse < chunksMax, let next = free.popLast() else { return nil }
      current = next
      end = 0
    }
    let prefix = unsafe base + (current * PayloadSlab.chunkBytes + end)
    unsafe prefix.storeBytes(of: mark, as: UInt32.self)
    let place = unsafe prefix + PayloadSlab.prefixBytes
    if let source = value.baseAddress { unsafe place.copyMemory(from: source, byteCount: value.count) }
    used[current] += 1
    end += size
    return unsafe place
  }

  /// Undoes the last `place`, of a value that was not taken after all.
  mutating func takeBack(_ place: UnsafeMutableRawPointer) {
    used[current] -= 1
    // The values before it may have gone meanwhile.
    end = unsafe used[current] == 0 ? 0 : place - PayloadSlab.prefixBytes - (base! + current * PayloadSlab.chunkBytes)
  }

  /// The value is needed no more. Returns its mark, or `nil` for an address that is not of this slab.
  mutating func release(_ place: UnsafeRawPointer) -> UInt32? {
    guard let base = unsafe base else { return nil }
    // By the prefix: an empty value may stand where the next chunk begins.
    let offset = unsafe (place - PayloadSlab.prefixBytes) - UnsafeRawPointer(base)
    guard offset >= 0, offset < PayloadSlab.byteCount else { return nil }
    let chunk = offset / PayloadSlab.chunkBytes
    precondition(used[chunk] > 0, "a value was given back twice")
    used[chunk] -= 1
    let mark = unsafe (place - PayloadSlab.prefixBytes).load(as: UInt32.self)
    if used[chunk] == 0 {
      if chunk == current {
        end = 0
      } else {
        let isBeyond = chunksInUse > chunksMax
        free.append(chunk)
        if isBeyond { unsafe PayloadSlab.giveBack(chunk, of: base) }
      }
    }
    return mark
  }
}
