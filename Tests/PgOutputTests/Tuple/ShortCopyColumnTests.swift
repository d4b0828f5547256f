import PgOutput
import Primitives
import RelayTestSupport
import Testing

/// Columns of a binary copy that are written without being looked at one by one, beside those that are: each is its text,
/// whatever stands before and behind it.
@Suite struct ShortCopyColumnTests {
  private typealias Column = (form: BinaryForm, value: [UInt8]?, text: String?)

  private func expect(_ columns: [Column], _ note: String = "") throws {
    let row = try BinaryCopy.row(BinaryCopy.message(columns.map(\.value)), columns.map(\.form))
    #expect(row == columns.map(\.text), "\(note)")
  }

  private static func text(_ count: Int, _ form: BinaryForm = .text) -> Column {
    let text = String((0..<count).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
    return (form, (form == .jsonb ? [1] : []) + Array(text.utf8), text)
  }

  private static func integer(_ value: Int64) -> [Column] {
    let text = "\(value)"
    var columns: [Column] = [(.int8, BinaryCopy.bigEndian(value), text)]
    if let value = Int32(exactly: value) { columns.append((.int4, BinaryCopy.bigEndian(value), text)) }
    if let value = Int16(exactly: value) { columns.append((.int2, BinaryCopy.bigEndian(value), text)) }
    return columns
  }

  @Test(arguments: [BinaryForm.text, .jsonb]) func textsOfEachLengthAtTheEndAndBeforeIt(_ form: BinaryForm) throws {
    for count in 0...140 {
      let text = Self.text(count, form)
      try expect([text])
      try expect([text, (.bool, [1], "t")])
      for behind in [0, 1, 7, 20, 40, 70] { try expect([Self.text(3), text, Self.text(behind), text]) }
    }
  }

  @Test func integersOfEachLength() throws {
    var random = SeededRandom(seed: 1)
    var values: [Int64] = [0, .min, .max]
    var power: Int64 = 1
    while power < 1_000_000_000_000_000_000 {
      values += [power - 1, power, power + 1, 1 - power, -power, -power - 1]
      values += (0..<20).map { _ in Int64.random(in: -power * 10...power * 10, using: &random) }
      power *= 10
    }
    for value in values { try expect(Self.integer(value)) }
    try expect(values.flatMap { Self.integer($0) })
  }

  /// As PostgreSQL's `get_str_from_var`, written as it is read.
  private static func numericText(_ digits: [Int16], _ weight: Int, _ isNegative: Bool, _ scale: Int) -> String {
    func four(_ place: Int) -> String {
      let digits = "000\(digits.indices.contains(place) ? digits[place] : 0)"
      return String(digits.suffix(4))
    }
    var whole = weight < 0 ? "0" : (0...weight).map(four).joined()
    while whole.count > 1, whole.first == "0" { whole.removeFirst() }
    let fraction = (0..<(scale + 3) / 4).map { four(weight + 1 + $0) }.joined().prefix(scale)
    return (isNegative ? "-" : "") + whole + (scale > 0 ? "." + fraction : "")
  }

  @Test func numbersOfEachShape() throws {
    var random = SeededRandom(seed: 2)
    for count in 0...18 {
      // Zero has no digits and no weight.
      for weight in count == 0 ? 0...0 : -4...16 {
        for scale in [0, 1, 2, 3, 4, 5, 8, 11, 20, 45, 60] {
          var digits = (0..<count).map { _ in Int16.random(in: 0...9_999, using: &random) }
          if let low = digits.indices.randomElement(using: &random) { digits[low] = Int16(random.oneIn(2) ? 7 : 0) }
          // The server sends no zeros before the others.
          if let first = digits.first, first == 0 { digits[0] = 1 }
          let isNegative = random.oneIn(2)
          let column: Column = (
            .numeric,
            BinaryCopy.numeric(digits, weight: Int16(weight), sign: isNegative ? 0x4000 : 0, scale: Int16(scale)),
            Self.numericText(digits, weight, isNegative, scale)
          )
          try expect([column], "\(digits), weight \(weight), scale \(scale)")
          try expect([Self.text(5), column, column, Self.text(5)])
        }
      }
    }
  }

  @Test func daysAndTimesOfDay() throws {
    var random = SeededRandom(seed: 3)
    func padded(_ value: Int64, _ count: Int) -> String {
      String(repeating: "0", count: max(0, count - "\(value)".count)) + "\(value)"
    }
    var days: [Int64] = [-730_120, -730_119, -730_121, 2_921_939, 2_921_940, 0, -1, 59, -10_957, 106_000_000]
    days += (0..<2_000).map { _ in Int64.random(in: -800_000...3_000_000, using: &random) }
    for day in days {
      let date = CivilDate.parts(epochDays: day + 10_957)
      let text =
        padded(date.year > 0 ? date.year : 1 - date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
      let behind = date.year > 0 ? "" : " BC"
      let second = Int64.random(in: 0..<86_400, using: &random)
      let fraction = [0, 1, 10, 123_000, 999_999, Int64.random(in: 1...999_999, using: &random)]
        .randomElement(using: &random)!
      var clock =
        padded(second / 3_600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
      if fraction > 0 { clock += "." + padded(fraction, 6) }
      while fraction > 0, clock.last == "0" { clock.removeLast() }
      let moment = BinaryCopy.bigEndian(day * 86_400_000_000 + second * 1_000_000 + fraction)
      try expect([
        (.date, BinaryCopy.bigEndian(Int32(day)), text + behind),
        (.timestamp, moment, text + " " + clock + behind),
        (.time, BinaryCopy.bigEndian(second * 1_000_000 + fraction), clock),
        (.timestamptz, moment, text + " " + clock + "+00" + behind),
        (.date, nil, nil), (.date, BinaryCopy.bigEndian(Int32(day)), text + behind),
      ])
    }
  }

  /// A row of every form, read otherwise than it is: cut, or with another length.
  @Test func whatIsNoRowIsRefused() throws {
    let columns: [Column] =
      [
        Self.text(8), (.uuid, [UInt8](repeating: 0xA7, count: 16), "a7a7a7a7-a7a7-a7a7-a7a7-a7a7a7a7a7a7"),
        (.text, nil, nil),
        (.numeric, BinaryCopy.numeric([3, 9595, 7900], weight: 1, scale: 2), "39595.79"), Self.text(20, .jsonb),
        (.timestamptz, BinaryCopy.bigEndian(Int64(0)), "2000-01-01 00:00:00+00"), Self.text(70),
        (.date, BinaryCopy.bigEndian(Int32(0)), "2000-01-01"), (.bytea, [1], "\\x01"), (.bool, [1], "t"),
      ] + Self.integer(12) + [Self.text(2)]
    try expect(columns)
    let forms = columns.map(\.form)
    let message = BinaryCopy.message(columns.map(\.value))
    for count in 0..<message.count {
      #expect(throws: DecodeError.self) { try BinaryCopy.row(Array(message.prefix(count)), forms) }
    }
    var place = 2
    for (index, column) in columns.enumerated() {
      for length in [Int32.min, -2, .max, Int32(column.value?.count ?? 0) + 1, Int32(message.count)] {
        var damaged = message
        damaged.replaceSubrange(place..<place + 4, with: BinaryCopy.bigEndian(length))
        #expect(throws: DecodeError.self, "column \(index), length \(length)") {
          try BinaryCopy.row(damaged, forms)
        }
      }
      place += 4 + (column.value?.count ?? 0)
    }
  }
}
