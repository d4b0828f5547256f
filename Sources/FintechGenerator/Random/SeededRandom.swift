import Glibc

/// xoshiro256**, seeded by SplitMix64: the same seed gives the same draws on every machine and in every release.
/// Source: D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021).
public struct SeededRandom: Sendable, RandomNumberGenerator {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// One of many independent sequences under one seed.
  public init(seed: UInt64, sequence: UInt64 = 0) {
    var start = SplitMix64(state: seed)
    var mixer = SplitMix64(state: start.next() ^ SplitMix64.mixed(sequence &+ 1))
    s0 = mixer.next()
    s1 = mixer.next()
    s2 = mixer.next()
    s3 = mixer.next()
  }

  /// From a state that is given whole, as the paper's own code takes it; not all zero.
  init(state: (UInt64, UInt64, UInt64, UInt64)) { (s0, s1, s2, s3) = state }

  public mutating func next() -> UInt64 {
    // Arithmetic modulo 2^64 is the algorithm's own.
    let result = SeededRandom.rotated(s1 &* 5, by: 7) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = SeededRandom.rotated(s3, by: 45)
    return result
  }

  private static func rotated(_ value: UInt64, by bits: UInt64) -> UInt64 {
    (value << bits) | (value >> (64 - bits))
  }
}

extension SeededRandom {
  /// Uniform in 0..<1, of 53 random bits.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0..<`bound`, without bias.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    let bound = UInt64(bound)
    // Of 2^64 values the lowest ones are left out, so that the rest divides evenly.
    let excess = (0 &- bound) % bound
    while true {
      let (high, low) = next().multipliedFullWidth(by: bound)
      if low >= excess { return Int(high) }
    }
  }

  /// Uniform in `range`, ends included.
  public mutating func integer(in range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// Uniform in `lower`..<`upper`.
  public mutating func real(_ lower: Double, _ upper: Double) -> Double { lower + (upper - lower) * unit() }

  public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  /// Standard normal, by Box and Muller; the second value of each pair is dropped to keep the state small.
  public mutating func normal() -> Double {
    // 1 - u is in (0, 1], where the logarithm is finite.
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * Double.pi * unit())
  }

  /// Exponential with mean 1.
  public mutating func exponential() -> Double { -log(1 - unit()) }

  /// Index drawn with probability in proportion to its weight.
  public mutating func weighted(_ weights: [Int]) -> Int {
    var left = below(weights.reduce(0, +))
    for (index, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return index }
    }
    return weights.count - 1
  }
}

/// Mixes a seed into well-spread words. Source: G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number
/// Generators" (2014).
struct SplitMix64: Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SplitMix64.mixed(state)
  }

  static func mixed(_ value: UInt64) -> UInt64 {
    var word = value
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
