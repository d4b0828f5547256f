import Primitives

/// The calls of prepared statements that make up one database transaction, with their parameters in PostgreSQL's binary
/// form. Kept until the outcome is known, so that the transaction can be sent again over a new connection.
///
/// A class, since a pipeline and its caller hold it together; emptied and used again, it allocates nothing per row.
/// Binary forms: PostgreSQL source, the `…_recv` functions in `src/backend/utils/adt/`.
@safe
public final class StatementCalls {
  struct Call {
    let statement: Int
    let firstParameter: Int
    var parameterCount: Int
  }

  var bytes = ByteWriter(minimumCapacity: 4096)
  private(set) var calls: [Call] = []
  /// Where each parameter starts in `bytes`.
  private(set) var offsets: [Int] = []
  /// Byte counts; -1 is NULL.
  private(set) var lengths: [Int32] = []

  public init() {}

  public var isEmpty: Bool { calls.isEmpty }

  public var count: Int { calls.count }

  public func removeAll() {
    bytes.removeAll()
    bytes.shrink(to: 1 << 20)
    calls.removeAll(keepingCapacity: true)
    offsets.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
  }

  /// Starts a call of the statement with this place in the list that was prepared. Its parameters follow in order.
  public func begin(statement: Int) {
    calls.append(Call(statement: statement, firstParameter: offsets.count, parameterCount: 0))
  }

  /// The statement of the call at `index`, in the order in which they were begun.
  public func statement(ofCall index: Int) -> Int { calls[index].statement }

  public func null() {
    parameter(at: bytes.count, length: -1)
  }

  public func boolean(_ value: Bool) {
    let start = bytes.count
    bytes.append(value ? 1 : 0)
    parameter(since: start)
  }

  public func int32(_ value: Int32) {
    let start = bytes.count
    bytes.append(bigEndian: value)
    parameter(since: start)
  }

  public func int64(_ value: Int64) {
    let start = bytes.count
    bytes.append(bigEndian: value)
    parameter(since: start)
  }

  public func uuid(high: UInt64, low: UInt64) {
    let start = bytes.count
    bytes.append(bigEndian: high)
    bytes.append(bigEndian: low)
    parameter(since: start)
  }

  public func timestamp(_ instant: PostgresTimestamp) { int64(instant.microsecondsSince2000) }

  /// Days since 2000-01-01.
  public func date(daysSince2000 days: Int32) { int32(days) }

  public func text(_ value: StaticString) {
    let start = bytes.count
    bytes.append(value)
    parameter(since: start)
  }

  /// UTF-8 without a zero byte.
  public func text(_ value: [UInt8]) {
    let start = bytes.count
    bytes.append(value)
    parameter(since: start)
  }

  /// UTF-8 that `body` writes.
  public func text(_ body: (inout ByteWriter) -> Void) {
    let start = bytes.count
    body(&bytes)
    parameter(since: start)
  }

  /// JSON text, which the server parses.
  public func jsonb(_ value: [UInt8]) { jsonb { $0.append(value) } }

  /// JSON text that `body` writes.
  public func jsonb(_ body: (inout ByteWriter) -> Void) {
    let start = bytes.count
    // Version of jsonb's binary form; there is no other.
    bytes.append(1)
    body(&bytes)
    parameter(since: start)
  }

  /// An IPv4 host.
  public func inet(ipv4 address: UInt32) {
    let start = bytes.count
    // Family PGSQL_AF_INET, netmask bits, "is a cidr", count of address bytes.
    bytes.append(2)
    bytes.append(32)
    bytes.append(0)
    bytes.append(4)
    bytes.append(bigEndian: address)
    parameter(since: start)
  }

  /// `unscaled` × 10^-`scale`, exactly. `scale` is at most 18.
  public func numeric(unscaled: Int64, scale: Int) {
    precondition(scale >= 0 && scale <= 18)
    let start = bytes.count
    var unit: UInt64 = 1
    for _ in 0..<scale { unit *= 10 }
    let (whole, rest) = unscaled.magnitude.quotientAndRemainder(dividingBy: unit)
    // Digits are of base 10,000: at most five before the point (2^63 has 19 decimal digits), at most five behind it.
    var before: UInt64 = whole
    var digitsBefore: Int16 = 0
    while before > 0 {
      digitsBefore += 1
      before /= 10_000
    }
    var digitsBehind: Int16 = 0
    var behind = rest
    var unitBehind = unit
    while behind > 0 {
      digitsBehind += 1
      behind = NumericDigits.next(behind, unit: &unitBehind).rest
    }
    bytes.append(bigEndian: digitsBefore + digitsBehind)
    bytes.append(bigEndian: digitsBefore - 1)
    bytes.append(bigEndian: UInt16(unscaled < 0 ? 0x4000 : 0))
    bytes.append(bigEndian: UInt16(scale))
    var place = digitsBefore
    while place > 0 {
      place -= 1
      var digit = whole
      for _ in 0..<place { digit /= 10_000 }
      bytes.append(bigEndian: UInt16(digit % 10_000))
    }
    behind = rest
    unitBehind = unit
    while behind > 0 {
      let step = NumericDigits.next(behind, unit: &unitBehind)
      bytes.append(bigEndian: step.digit)
      behind = step.rest
    }
    parameter(since: start)
  }

  /// Everything in one run of bytes: two equal values mean the same calls with the same parameters.
  public func encoded() -> [UInt8] {
    var out = ByteWriter(minimumCapacity: 1024)
    for call in calls {
      out.append(bigEndian: Int32(call.statement))
      for parameter in call.firstParameter..<call.firstParameter + call.parameterCount {
        out.append(bigEndian: lengths[parameter])
      }
    }
    let head = unsafe out.bytes.withUnsafeBytes { unsafe Array($0) }
    return unsafe head + withParameterBytes { unsafe Array($0) }
  }

  /// Lends the memory that `offsets` point into.
  func withParameterBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    func lend(_ writer: borrowing ByteWriter) -> Result { unsafe writer.bytes.withUnsafeBytes { unsafe body($0) } }
    return lend(bytes)
  }

  private func parameter(since start: Int) { parameter(at: start, length: Int32(bytes.count - start)) }

  private func parameter(at offset: Int, length: Int32) {
    precondition(!calls.isEmpty, "a parameter belongs to a call")
    offsets.append(offset)
    lengths.append(length)
    calls[calls.count - 1].parameterCount += 1
  }
}

/// Digits of base 10,000 behind the decimal point of a numeric.
private enum NumericDigits {
  /// The next digit of `rest`/`unit`, and what is left of it over the new `unit`.
  static func next(_ rest: UInt64, unit: inout UInt64) -> (digit: UInt16, rest: UInt64) {
    if unit >= 10_000 {
      unit /= 10_000
      let (digit, left) = rest.quotientAndRemainder(dividingBy: unit)
      return (UInt16(digit), left)
    }
    // Fewer than four decimals are left: they are the digit's leading ones.
    let digit = rest * (10_000 / unit)
    unit = 1
    return (UInt16(digit), 0)
  }
}
