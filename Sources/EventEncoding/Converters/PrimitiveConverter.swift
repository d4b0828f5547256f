import ConnectData
import Primitives

/// Connect's converters of one type each: the value's bytes, big-endian, and nothing else. Raw values are the Java classes
/// in `org.apache.kafka.connect.converters`. Source: Kafka 4.3, `NumberConverter`, `BooleanConverter` and their serializers.
public enum PrimitiveConverter: String, Sendable, CaseIterable {
  case boolean = "BooleanConverter"
  case int16 = "ShortConverter"
  case int32 = "IntegerConverter"
  case int64 = "LongConverter"
  case float32 = "FloatConverter"
  case float64 = "DoubleConverter"

  /// Writes the value. Returns false, with nothing written, for a null.
  public func write(
    _ value: ConnectValue, _ schema: ConnectSchema?, into out: inout ByteWriter
  ) throws(ConverterError) -> Bool {
    // The converter of booleans alone looks at the schema.
    if self == .boolean, let schema, schema.kind != .boolean { throw .typeDiffers(rawValue, schema.kind) }
    if value == .null { return false }
    // Connect's own dates and times are objects of another class, not the numbers that stand for them.
    guard schema?.name?.hasPrefix("org.apache.kafka.connect.data.") != true else {
      throw .typeDiffers(rawValue, schema?.kind)
    }
    switch (self, value) {
    case (.boolean, .boolean(let flag)): out.append(UInt8(flag ? 1 : 0))
    case (.int16, .int16(let number)): out.append(bigEndian: number)
    case (.int32, .int32(let number)): out.append(bigEndian: number)
    case (.int64, .int64(let number)): out.append(bigEndian: number)
    case (.float32, .float32(let number)): out.append(bigEndian: number.bitPattern)
    case (.float64, .float64(let number)):
      out.append(bigEndian: number.isNaN ? 0x7FF8_0000_0000_0000 : number.bitPattern)
    default: throw .typeDiffers(rawValue, schema?.kind)
    }
    return true
  }
}
