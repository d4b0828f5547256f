import Primitives

extension DecimalNumberText {
  static func write(
    _ decimal: DecimalText, _ text: RawSpan, scale: Int, into out: inout ByteWriter
  ) throws(ConversionError) {
    let unscaled = try decimal.unscaled(text, scale: scale).bytes
    write(unscaled: unscaled, scale: scale, plain: false, into: &out)
  }
}
