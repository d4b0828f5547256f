import ConnectData
import Primitives

/// `date`: days since 1970, or ISO text with the zone of all such texts, `Z`.
enum DateValue {
  /// What Debezium streams for `infinity` and `-infinity`; its snapshot gives others, and none is a meaningful day.
  static let positiveInfinityDays: Int64 = -2_147_472_692
  static let negativeInfinityDays: Int64 = -2_147_472_691

  static func writeText(_ text: RawSpan, _ form: ValueForm.DateForm, into out: inout ByteWriter)
    throws(ConversionError)
  {
    write(try epochDays(text), form, into: &out)
  }

  static func write(_ days: Int64, _ form: ValueForm.DateForm, into out: inout ByteWriter) {
    switch form {
    case .epochDays: out.append(decimal: days)
    case .iso:
      CivilDate.write(epochDays: days, into: &out)
      out.append(UInt8(ascii: "Z"))
    }
  }

  static func epochDays(_ text: RawSpan) throws(ConversionError) -> Int64 {
    switch DateTimeText.infinity(text) {
    case .positive: positiveInfinityDays
    case .negative: negativeInfinityDays
    case nil: try DateTimeText.epochDays(text)
    }
  }
}
