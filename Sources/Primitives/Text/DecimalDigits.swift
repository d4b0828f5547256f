/// The significant digits of a decimal number, without zeros at either end, and where its point stands: the number is
/// `0.d₀d₁d₂…` times ten to the power of `pointOffset`. Up to 20 digits; more are counted and not kept.
struct DecimalDigits {
  private var digits = InlineArray<20, UInt8>(repeating: 0)
  private(set) var count = 0
  private(set) var pointOffset = 0

  subscript(index: Int) -> UInt8 { digits[index] }

  /// Reads `[-]ddd[.ddd][e[+-]dd]`. Returns whether it is negative; `nil` if it is no such number or has more than 20
  /// digits.
  mutating func read(_ text: RawSpan) -> Bool? {
    let end = text.byteCount
    var at = 0
    var isNegative = false
    if at < end, text.byte(at: at) == UInt8(ascii: "-") {
      isNegative = true
      at += 1
    }
    var seenDigit = false
    var seenPoint = false
    count = 0
    pointOffset = 0
    // Zeros that count only if another digit follows.
    var zeros = 0
    while at < end {
      let byte = text.byte(at: at)
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if byte &- UInt8(ascii: "0") < 10 {
        seenDigit = true
        if byte == UInt8(ascii: "0") {
          if count == 0 {
            if seenPoint { pointOffset -= 1 }
          } else {
            zeros += 1
            if !seenPoint { pointOffset += 1 }
          }
        } else {
          guard count + zeros < 20 else { return nil }
          for _ in 0..<zeros { push(UInt8(ascii: "0")) }
          zeros = 0
          push(byte)
          if !seenPoint { pointOffset += 1 }
        }
      } else {
        break
      }
      at += 1
    }
    guard seenDigit else { return nil }
    if at < end {
      guard text.byte(at: at) | 0x20 == UInt8(ascii: "e") else { return nil }
      at += 1
      var exponentIsNegative = false
      if at < end, text.byte(at: at) == UInt8(ascii: "-") || text.byte(at: at) == UInt8(ascii: "+") {
        exponentIsNegative = text.byte(at: at) == UInt8(ascii: "-")
        at += 1
      }
      guard at < end else { return nil }
      var exponent = 0
      while at < end {
        let digit = text.byte(at: at) &- UInt8(ascii: "0")
        // Far beyond any number, and far from overflow.
        guard digit < 10, exponent < 100_000 else { return nil }
        exponent = exponent * 10 + Int(digit)
        at += 1
      }
      pointOffset += exponentIsNegative ? -exponent : exponent
    }
    if count == 0 { pointOffset = 0 }
    return isNegative
  }

  /// The shortest digits that give the number back, which is what Swift's own description holds.
  mutating func read(shortest value: Double) { readDescription(value.description) }
  mutating func read(shortest value: Float) { readDescription(value.description) }

  private mutating func readDescription(_ text: String) {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    var length = 0
    for byte in text.utf8 where length < 32 {
      bytes[length] = byte
      length += 1
    }
    _ = unsafe read(bytes.span.bytes.extracting(0..<length))
  }

  /// `value`, rounded to two digits, times ten to the power of `exponent`.
  mutating func setTwoDigits(_ value: Double, exponent: Int) {
    var scaled = value
    var point = exponent + 1
    while scaled >= 10 {
      scaled /= 10
      point += 1
    }
    var rounded = Int((scaled * 10).rounded(.toNearestOrEven))
    if rounded == 100 {
      rounded = 10
      point += 1
    }
    count = 0
    push(UInt8(ascii: "0") + UInt8(rounded / 10))
    if rounded % 10 != 0 { push(UInt8(ascii: "0") + UInt8(rounded % 10)) }
    pointOffset = point
  }

  private mutating func push(_ digit: UInt8) {
    digits[count] = digit
    count += 1
  }
}
