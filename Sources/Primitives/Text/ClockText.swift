/// Times of day as Java prints them.
public enum ClockText {
  /// `12:34:56`
  public static func writeSeconds(_ secondOfDay: Int64, into out: inout ByteWriter) {
    out.append(decimal: UInt64(secondOfDay / 3600), width: 2)
    out.append(UInt8(ascii: ":"))
    out.append(decimal: UInt64(secondOfDay / 60 % 60), width: 2)
    out.append(UInt8(ascii: ":"))
    out.append(decimal: UInt64(secondOfDay % 60), width: 2)
  }

  /// The first `digits` digits of a fraction of microseconds, point included; nothing for 0.
  public static func writeFraction(_ microseconds: Int64, digits: Int, into out: inout ByteWriter) {
    guard digits > 0 else { return }
    out.append(UInt8(ascii: "."))
    var value = UInt64(microseconds)
    for _ in digits..<6 { value /= 10 }
    out.append(decimal: value, width: digits)
  }

  /// A fraction without zeros at its end, point included; nothing where it is zero.
  public static func writeShortestFraction(_ microseconds: Int64, into out: inout ByteWriter) {
    guard microseconds > 0 else { return }
    var digits = 6
    var rest = microseconds
    while rest % 10 == 0 {
      rest /= 10
      digits -= 1
    }
    writeFraction(microseconds, digits: digits, into: &out)
  }
}
