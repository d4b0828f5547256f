import Primitives
import Testing

@testable import EventEncoding

@Suite struct JavaNumberTextTests {
  private func text(_ value: Double) -> String {
    var out = ByteWriter()
    JavaNumberText.write(value, into: &out)
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  private func text(_ value: Float) -> String {
    var out = ByteWriter()
    JavaNumberText.write(value, into: &out)
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  private func rewritten(_ number: String, isDouble: Bool = true) -> String? {
    var out = ByteWriter()
    let bytes = Array(number.utf8)
    let done = unsafe JavaNumberText.rewrite(bytes.span.bytes, isDouble: isDouble, into: &out)
    return done ? String(decoding: out.copiedBytes, as: UTF8.self) : nil
  }

  @Test func doublesPrintAsInJava() {
    let cases: [(Double, String)] = [
      (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (0.1, "0.1"), (100, "100.0"), (1e7, "1.0E7"), (9_999_999.5, "9999999.5"),
      (9_999_999, "9999999.0"), (12_345_678, "1.2345678E7"), (1e-3, "0.001"), (0.00012, "1.2E-4"), (1e22, "1.0E22"),
      (1e23, "1.0E23"), (123_456_789.125, "1.23456789125E8"), (.greatestFiniteMagnitude, "1.7976931348623157E308"),
      (.leastNonzeroMagnitude, "4.9E-324"), (2 * .leastNonzeroMagnitude, "9.9E-324"),
      (3 * .leastNonzeroMagnitude, "1.5E-323"), (4 * .leastNonzeroMagnitude, "2.0E-323"),
      (2.2250738585072014e-308, "2.2250738585072014E-308"), (.nan, "NaN"), (.infinity, "Infinity"),
      (-.infinity, "-Infinity"), (1.2345678901234568e16, "1.2345678901234568E16"),
      (3.141592653589793, "3.141592653589793"),
    ]
    for (value, expected) in cases { #expect(text(value) == expected) }
  }

  @Test func floatsPrintAsInJava() {
    let cases: [(Float, String)] = [
      (1.5e-38, "1.5E-38"), (3.4028235e38, "3.4028235E38"), (16_777_216, "1.6777216E7"), (0.1, "0.1"), (1e10, "1.0E10"),
      (.leastNonzeroMagnitude, "1.4E-45"), (2 * .leastNonzeroMagnitude, "2.8E-45"),
      (3 * .leastNonzeroMagnitude, "4.2E-45"),
    ]
    for (value, expected) in cases { #expect(text(value) == expected) }
  }

  @Test func rewritingDigitsGivesWhatReadingThemWould() {
    var seed: UInt64 = 99
    for _ in 0..<20_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = Int64(seed >> 16) % 10_000_000_000_000_000
      let scale = Int(seed >> 3 & 31) - 10
      let number = "\(digits)e\(-scale)"
      if let rewritten = rewritten(number) { #expect(rewritten == text(Double(number)!), "\(number)") }
      let short = "\(digits % 1_000_000)e\(-scale)"
      #expect(rewritten(short) == text(Double(short)!), "\(short)")
      #expect(rewritten(short, isDouble: false) == text(Float(short)!), "\(short)")
    }
    #expect(rewritten("0.000") == "0.0")
    #expect(rewritten("-0.00") == "-0.0")
    #expect(rewritten("12.500") == "12.5")
    #expect(rewritten("0.1000000000000000055") == nil)
    for text in ["", "-", ".", "1e", "NaN", "1x", "0x1"] { #expect(rewritten(text) == nil) }
  }
}
