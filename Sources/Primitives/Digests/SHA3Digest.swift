/// SHA-3: Keccak on 25 words of 64 bits. Source: FIPS 202.
enum SHA3Digest {
  /// - Parameter byteCount: 28, 32, 48 or 64
  static func digest(_ message: [UInt8], byteCount: Int) -> [UInt8] {
    let blockBytes = 200 - 2 * byteCount
    var padded = message + [0x06]
    while padded.count % blockBytes != 0 { padded.append(0) }
    padded[padded.count - 1] |= 0x80
    var state = [UInt64](repeating: 0, count: 25)
    for block in stride(from: 0, to: padded.count, by: blockBytes) {
      for at in 0..<blockBytes { state[at / 8] ^= UInt64(padded[block + at]) << UInt64(at % 8 * 8) }
      permute(&state)
    }
    // The longest digest is shorter than a block.
    return (0..<byteCount).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64($0 % 8 * 8)) }
  }

  private static func permute(_ state: inout [UInt64]) {
    var sums = [UInt64](repeating: 0, count: 5)
    for constant in roundConstants {
      for x in 0..<5 { sums[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] }
      for x in 0..<5 {
        let change = sums[(x + 4) % 5] ^ rotated(sums[(x + 1) % 5], 1)
        for y in stride(from: 0, to: 25, by: 5) { state[y + x] ^= change }
      }
      // One word after the other along its path through the state, turned a little further each time.
      var moving = state[1]
      var (x, y) = (1, 0)
      for step in 1...24 {
        (x, y) = (y, (2 * x + 3 * y) % 5)
        let next = state[x + 5 * y]
        state[x + 5 * y] = rotated(moving, UInt64(step * (step + 1) / 2 % 64))
        moving = next
      }
      for row in stride(from: 0, to: 25, by: 5) {
        let words = Array(state[row..<row + 5])
        for x in 0..<5 { state[row + x] = words[x] ^ ~words[(x + 1) % 5] & words[(x + 2) % 5] }
      }
      state[0] ^= constant
    }
  }

  private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 - count) }

  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
    0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
}
