import ConnectData
import Primitives
import Testing

@testable import EventEncoding

/// Bytes of Kafka 4.3's converters of one type.
@Suite struct PrimitiveConverterTests {
  private func write(
    _ converter: PrimitiveConverter, _ value: ConnectValue, _ schema: ConnectSchema?
  ) throws(ConverterError) -> [UInt8]? {
    var out = ByteWriter()
    return try converter.write(value, schema, into: &out) ? out.array : nil
  }

  @Test func valuesOfTheTypeAreTheirBytesAndNullsAreNone() throws {
    #expect(try write(.boolean, .boolean(true), ConnectSchema(.boolean)) == [1])
    #expect(try write(.boolean, .boolean(false), nil) == [0])
    #expect(try write(.int16, .int16(-2), ConnectSchema(.int16)) == [0xFF, 0xFE])
    #expect(try write(.int32, .int32(258), ConnectSchema(.int32)) == [0, 0, 1, 2])
    #expect(try write(.int64, .int64(-1), ConnectSchema(.int64)) == Array(repeating: 0xFF, count: 8))
    #expect(try write(.float32, .float32(1.5), ConnectSchema(.float32)) == [0x3F, 0xC0, 0, 0])
    #expect(try write(.float64, .float64(-.nan), ConnectSchema(.float64)) == [0x7F, 0xF8, 0, 0, 0, 0, 0, 0])
    for converter in PrimitiveConverter.allCases where converter != .boolean {
      #expect(try write(converter, .null, ConnectSchema(.string, isOptional: true)) == nil)
    }
    #expect(try write(.boolean, .null, ConnectSchema(.boolean, isOptional: true)) == nil)
  }

  @Test func otherTypesAreErrors() {
    #expect(throws: ConverterError.typeDiffers("LongConverter", .int32)) {
      try write(.int64, .int32(1), ConnectSchema(.int32))
    }
    #expect(throws: ConverterError.typeDiffers("BooleanConverter", .string)) {
      try write(.boolean, .null, ConnectSchema(.string, isOptional: true))
    }
    // A java.util.Date, not an Integer.
    #expect(throws: ConverterError.typeDiffers("IntegerConverter", .int32)) {
      try write(.int32, .int32(1), ConnectSchema(.int32, name: "org.apache.kafka.connect.data.Date", version: 1))
    }
  }
}
