import ConnectData
import Primitives

/// `time` and `timetz`.
enum TimeValue {
  static func write(_ microseconds: Int64, _ form: ValueForm.TimeForm, into out: inout ByteWriter) {
    switch form {
    case .milliseconds: out.append(decimal: microseconds / 1000)
    case .microseconds: out.append(decimal: microseconds)
    case .nanoseconds: out.append(decimal: microseconds * 1000)
    case .iso: writeUTC(microseconds, into: &out)
    }
  }

  /// `12:34:56.7Z`; the end of the day is its beginning, as in Debezium.
  static func writeUTC(_ microseconds: Int64, into out: inout ByteWriter) {
    let inDay = microseconds % 86_400_000_000
    ClockText.writeSeconds(inDay / 1_000_000, into: &out)
    ClockText.writeShortestFraction(inDay % 1_000_000, into: &out)
    out.append(UInt8(ascii: "Z"))
  }
}
