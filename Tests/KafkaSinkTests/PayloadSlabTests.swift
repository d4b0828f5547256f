import Glibc
import Testing

@testable import KafkaSink

@Suite struct PayloadSlabTests {
  private func place(_ value: [UInt8], mark: UInt32 = 0, in slab: inout PayloadSlab) -> UnsafeMutableRawPointer? {
    value.withUnsafeBytes { slab.place($0, mark: mark) }
  }

  /// Values of random sizes come and go in random order; none may be touched while it is needed.
  @Test func noValueIsTouchedBeforeItIsReleased() throws {
    struct Live {
      let place: UnsafeMutableRawPointer
      let value: [UInt8]
      let mark: UInt32
    }
    var slab = PayloadSlab()
    var live: [Live] = []
    var random = SystemRandomNumberGenerator()
    var refused = 0
    for turn in 0..<60_000 {
      // Grows to beyond what fits, and shrinks again.
      let isGrowing = turn % 20_000 < 12_000
      if live.isEmpty || random.next(upperBound: UInt(10)) < (isGrowing ? 8 : 2) {
        let value = [UInt8](
          repeating: UInt8.random(in: 0...255), count: Int.random(in: 0...(turn % 100 == 0 ? 20_000 : 2_500)))
        let mark = UInt32.random(in: 0 ... .max)
        if let place = place(value, mark: mark, in: &slab) {
          live.append(Live(place: place, value: value, mark: mark))
        } else {
          refused += 1
        }
      } else {
        let gone = live.swapRemove(at: Int.random(in: 0..<live.count))
        try #require(
          gone.value.elementsEqual(UnsafeRawBufferPointer(start: gone.place, count: gone.value.count)))
        #expect(slab.release(gone.place) == gone.mark)
      }
    }
    #expect(refused > 0)
    for entry in live {
      try #require(
        entry.value.elementsEqual(UnsafeRawBufferPointer(start: entry.place, count: entry.value.count)))
      #expect(slab.release(entry.place) == entry.mark)
    }
    #expect(slab.usedCount == 0)
  }

  @Test func whatIsReleasedIsUsedAgain() {
    var slab = PayloadSlab()
    let value = [UInt8](repeating: 1, count: 1_000)
    // Three at a time, in order, far beyond the slab's size.
    var waiting: [UnsafeMutableRawPointer] = []
    for _ in 0..<100_000 {
      guard let place = place(value, in: &slab) else {
        Issue.record("no room, though two values are in use")
        return
      }
      waiting.append(place)
      if waiting.count == 3 { _ = slab.release(waiting.removeFirst()) }
    }
  }

  @Test func aFullSlabTakesNothingUntilAChunkIsFree() throws {
    var slab = PayloadSlab()
    let value = [UInt8](repeating: 1, count: PayloadSlab.valueBytesMax - 8)
    var places: [UnsafeMutableRawPointer] = []
    while let place = place(value, in: &slab) { places.append(place) }
    #expect(places.count == PayloadSlab.chunkCount * 4)
    for place in places[4..<7] { _ = slab.release(place) }
    #expect(place(value, in: &slab) == nil)
    _ = slab.release(places[7])
    #expect(place(value, in: &slab) == places[4])
  }

  @Test func aValueTakenBackLeavesNoGap() throws {
    var slab = PayloadSlab()
    let first = try #require(place([1, 2, 3], in: &slab))
    for _ in 0..<1_000_000 {
      let second = try #require(place([4], in: &slab))
      try #require(second == first + 16)
      slab.takeBack(second)
    }
    #expect(slab.usedCount == 1)
    #expect(slab.release(first) == 0)
  }

  /// Behind the last prefix of a chunk is another chunk, and behind the last of all nothing of ours.
  @Test func anEmptyValueAtTheEndOfAChunkIsOfThatChunk() throws {
    var slab = PayloadSlab()
    var places: [UnsafeMutableRawPointer] = []
    while let place = place([], in: &slab) { places.append(place) }
    #expect(places.count == PayloadSlab.chunkCount * PayloadSlab.chunkBytes / 8)
    for place in places { #expect(slab.release(place) == 0) }
    #expect(slab.usedCount == 0)
  }

  @Test func aValueTakenBackWhenTheOthersAreGoneLeavesAnEmptyChunk() throws {
    var slab = PayloadSlab()
    let value = [UInt8](repeating: 1, count: PayloadSlab.valueBytesMax - 8)
    let first = try #require(place(value, in: &slab))
    for _ in 0..<PayloadSlab.chunkCount * 8 {
      let places = (0..<3).compactMap { _ in place(value, in: &slab) }
      try #require(places.count == 3)
      for place in places.dropLast() { _ = slab.release(place) }
      slab.takeBack(places[2])
    }
    #expect(slab.release(first) == 0)
    #expect(slab.usedCount == 0)
    let again = try #require(place(value, in: &slab))
    _ = slab.release(again)
    let last = try #require(place(value, in: &slab))
    #expect(last == again)
  }

  private func residentBytes(_ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
    let page = sysconf(Int32(_SC_PAGESIZE))
    var pages = [UInt8](repeating: 0, count: count / page)
    guard mincore(start - 8, count, &pages) == 0 else { return -1 }
    return pages.reduce(0) { $0 + Int($1 & 1) } * page
  }

  @Test func aScatteredSlabTakesAnEighthAndGivesTheRestBack() throws {
    var slab = PayloadSlab()
    let value = [UInt8](repeating: 1, count: PayloadSlab.valueBytesMax - 8)
    var places: [UnsafeMutableRawPointer] = []
    while let place = place(value, in: &slab) { places.append(place) }
    let whole = PayloadSlab.chunkCount * PayloadSlab.chunkBytes
    #expect(residentBytes(places[0], whole) == whole)
    // Free before and after.
    for place in places[..<(whole / PayloadSlab.valueBytesMax / 2)] { _ = slab.release(place) }
    slab.scatter()
    for place in places[(whole / PayloadSlab.valueBytesMax / 2)...] { _ = slab.release(place) }
    #expect(residentBytes(places[0], whole) <= whole / 8)
    let first = places[0]
    places.removeAll()
    while let place = place(value, in: &slab) { places.append(place) }
    #expect(places.count == PayloadSlab.scatteredChunkCount * 4)
    #expect(residentBytes(first, whole) <= whole / 8)
  }

  @Test func aLargeValueAndAForeignAddressAreNotItsBusiness() {
    var slab = PayloadSlab()
    #expect(place([UInt8](repeating: 1, count: PayloadSlab.valueBytesMax + 1), in: &slab) == nil)
    let foreign = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    defer { foreign.deallocate() }
    #expect(slab.release(foreign + 8) == nil)
  }
}

extension Array {
  fileprivate mutating func swapRemove(at index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
