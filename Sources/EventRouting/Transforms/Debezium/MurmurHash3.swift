/// The hash of `io.debezium.util.MurmurHash3`: the upper half of the first of two 64-bit sums, seed 9001. What is left
/// over after blocks of 16 bytes is added with its sign, unlike in the hash of that name.
enum MurmurHash3 {
  static func hash(_ bytes: [UInt8]) -> Int32 {
    var sums = Sums()
    var at = 0
    while bytes.count - at >= 16 {
      sums.mix(block(bytes, at), block(bytes, at + 8))
      at += 16
    }
    if at < bytes.count {
      let rest = bytes[at...]
      sums.mix(tail(rest.prefix(8)), tail(rest.dropFirst(8)))
    }
    return sums.result(count: bytes.count)
  }

  /// Of four bytes, the lowest first.
  static func hash(_ number: Int32) -> Int32 {
    let bits = UInt32(bitPattern: number)
    return hash((0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) })
  }

  private static func block(_ bytes: [UInt8], _ at: Int) -> UInt64 {
    var block: UInt64 = 0
    for index in 0..<8 { block |= UInt64(bytes[at + index]) << (8 * UInt64(index)) }
    return block
  }

  private static func tail(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var tail: UInt64 = 0
    for (index, byte) in bytes.enumerated() {
      tail ^= UInt64(bitPattern: Int64(Int8(bitPattern: byte))) << (8 * UInt64(index))
    }
    return tail
  }

  private struct Sums {
    var first: UInt64 = 0x9368_e53c_2f6a_f274 ^ 9001
    var second: UInt64 = 0x586d_cd20_8f7c_d3fd ^ 9001
    var firstFactor: UInt64 = 0x87c3_7b91_1142_53d5
    var secondFactor: UInt64 = 0x4cf5_ad43_2745_937f

    mutating func mix(_ low: UInt64, _ high: UInt64) {
      first ^= Sums.turned(low &* firstFactor, 23) &* secondFactor
      first &+= second
      second = Sums.turned(second, 41)
      second ^= Sums.turned(high &* secondFactor, 23) &* firstFactor
      second &+= first
      first = first &* 3 &+ 0x52dc_e729
      second = second &* 3 &+ 0x3849_5ab5
      firstFactor = firstFactor &* 5 &+ 0x7b7d_159c
      secondFactor = secondFactor &* 5 &+ 0x6bce_6396
    }

    mutating func result(count: Int) -> Int32 {
      second ^= UInt64(count)
      first &+= second
      second &+= first
      first = Sums.finished(first)
      second = Sums.finished(second)
      first &+= second
      return Int32(truncatingIfNeeded: first >> 32)
    }

    private static func turned(_ bits: UInt64, _ count: UInt64) -> UInt64 { bits << count | bits >> (64 - count) }

    private static func finished(_ bits: UInt64) -> UInt64 {
      var bits = bits
      bits ^= bits >> 33
      bits = bits &* 0xff51_afd7_ed55_8ccd
      bits ^= bits >> 33
      bits = bits &* 0xc4ce_b9fe_1a85_ec53
      return bits ^ bits >> 33
    }
  }
}
