/// Figures as people read them.
public enum FigureText {
  /// `1,234,567`.
  public static func grouped<Number: BinaryInteger>(_ value: Number) -> String {
    let digits = Array(String(value.magnitude))
    var out = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return out
  }

  /// `1 alert`, `2 alerts`, `2 anomalies`.
  public static func counted(_ count: Int, _ noun: String) -> String {
    if count == 1 { return "1 \(noun)" }
    return "\(grouped(count)) " + (noun.hasSuffix("y") ? noun.dropLast() + "ies" : noun + "s")
  }

  /// A count in at most six characters where it is large: `1,234`, `123 k`, `1.2 M`.
  public static func short(_ value: Double) -> String {
    switch value {
    case ..<0: "-" + short(-value)
    case ..<9.95: value == 0 ? "0" : fixed(value, 1)
    case ..<9_999.5: grouped(Int(value.rounded()))
    case ..<999_500: "\(Int((value / 1_000).rounded())) k"
    case ..<1e15: fixed(value / 1_000_000, 1) + " M"
    default: "many"
    }
  }

  /// `0 B`, `820 B`, `1.4 MB`; a thousand is a k.
  public static func bytes(_ count: UInt64) -> String {
    if count < 1_000 { return "\(count) B" }
    var value = Double(count)
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      value /= 1_000
      if value < 999.5 || unit == "PB" {
        return (value < 9.95 ? fixed(value, 1) : "\(Int(value.rounded()))") + " \(unit)"
      }
    }
    return "\(count) B"
  }

  /// `0.8 ms`, `12 ms`, `1.4 s`, `3m 05s`.
  public static func latency(microseconds: UInt64) -> String {
    let milliseconds = Double(microseconds) / 1_000
    if milliseconds < 9.95 { return fixed(milliseconds, 1) + " ms" }
    if milliseconds < 999.5 { return "\(Int(milliseconds.rounded())) ms" }
    if milliseconds < 59_950 { return fixed(milliseconds / 1_000, 1) + " s" }
    return duration(seconds: milliseconds / 1_000)
  }

  /// `8s`, `3m 05s`, `2h 00m 09s`.
  public static func duration(seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e12)))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 60 { return "\(whole)s" }
    if whole < 3_600 { return "\(whole / 60)m \(two(whole % 60))s" }
    return "\(whole / 3_600)h \(two(whole / 60 % 60))m \(two(whole % 60))s"
  }

  /// `09:41:07`, or with milliseconds `09:41:07.123`. `offsetSeconds` is the zone's distance from UTC.
  public static func timeOfDay(
    unixMilliseconds: Int64, offsetSeconds: Int, withMilliseconds: Bool = false
  ) -> String {
    let (local, overflow) = unixMilliseconds.addingReportingOverflow(Int64(offsetSeconds) * 1_000)
    let inDay = ((overflow ? unixMilliseconds : local) % 86_400_000 + 86_400_000) % 86_400_000
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
    let clock = "\(digits(inDay / 3_600_000, 2)):\(digits(inDay / 60_000 % 60, 2)):\(digits(inDay / 1_000 % 60, 2))"
    return withMilliseconds ? clock + ".\(digits(inDay % 1_000, 3))" : clock
  }

  /// With this many decimals, rounded; values are far below 2^53.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    var unit = 1.0
    for _ in 0..<decimals { unit *= 10 }
    let scaled = Int((value.magnitude * unit).rounded())
    let rest = String(scaled % Int(unit))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + "\(scaled)" }
    return sign + "\(scaled / Int(unit))." + String(repeating: "0", count: decimals - rest.count) + rest
  }
}
