import ConnectData
import Primitives

extension ValueForm {
  /// Writes the JSON of one value. Returns false, with nothing written, where the value is null.
  func writeJSON(
    _ text: RawSpan, _ format: JSONOptions.DecimalFormat, into out: inout ByteWriter
  ) throws(ConversionError) -> Bool {
    switch self {
    case .text:
      JSONText.writeString(text, into: &out)
    case .integer(let byteCount):
      try IntegerValue.writeJSON(text, IntegerValue.range(byteCount: byteCount), into: &out)
    case .oid:
      try IntegerValue.writeJSON(text, IntegerValue.oidRange, into: &out)
    case .boolean:
      if try Self.boolean(text) { out.append("true") } else { out.append("false") }
    case .float32:
      try FloatValue.writeJSON(text, isDouble: false, into: &out)
    case .float64:
      try FloatValue.writeJSON(text, isDouble: true, into: &out)
    case .decimal(let form):
      try NumericValue.writeJSON(text, form, format, into: &out)
    case .money(let form):
      JSONConverter.write(
        try MoneyValue.value(text, form), ColumnTypes.text, JSONOptions(decimalFormat: format), into: &out)
    case .binary(let form):
      let bytes = try BinaryValue.decode(text)
      out.append(UInt8(ascii: "\""))
      unsafe BinaryValue.write(bytes.span.bytes, form, into: &out)
      out.append(UInt8(ascii: "\""))
    case .opaque(let form, let isGeometric):
      out.append(UInt8(ascii: "\""))
      if isGeometric {
        unsafe BinaryValue.write(GeometricText.asJava(text).span.bytes, form, into: &out)
      } else {
        BinaryValue.write(text, form, into: &out)
      }
      out.append(UInt8(ascii: "\""))
    case .bit:
      if try BitValue.boolean(text) { out.append("true") } else { out.append("false") }
    case .bits:
      let bytes = try BitValue.bytes(text)
      out.append(UInt8(ascii: "\""))
      Base64Text.write(bytes, into: &out)
      out.append(UInt8(ascii: "\""))
    case .date(.epochDays):
      try DateValue.writeText(text, .epochDays, into: &out)
    case .date(.iso):
      out.append(UInt8(ascii: "\""))
      try DateValue.writeText(text, .iso, into: &out)
      out.append(UInt8(ascii: "\""))
    case .time(let form):
      let microseconds = try DateTimeText.microsecondOfDay(text)
      if form == .iso { out.append(UInt8(ascii: "\"")) }
      TimeValue.write(microseconds, form, into: &out)
      if form == .iso { out.append(UInt8(ascii: "\"")) }
    case .timestamp(.iso):
      out.append(UInt8(ascii: "\""))
      _ = try TimestampValue.write(text, .iso, into: &out)
      out.append(UInt8(ascii: "\""))
    case .timestamp(let form):
      return try TimestampValue.write(text, form, into: &out)
    case .zonedTime(let keepsFraction):
      let microseconds = try DateTimeText.utcMicrosecondOfDay(text)
      out.append(UInt8(ascii: "\""))
      TimeValue.writeUTC(keepsFraction ? microseconds : microseconds / 1_000_000 * 1_000_000, into: &out)
      out.append(UInt8(ascii: "\""))
    case .zonedTimestamp(let digits):
      out.append(UInt8(ascii: "\""))
      try TimestampValue.writeZoned(text, fractionDigits: digits, into: &out)
      out.append(UInt8(ascii: "\""))
    case .interval(.microseconds):
      out.append(decimal: try IntervalValue(text).totalMicroseconds)
    case .interval(.iso):
      let interval = try IntervalValue(text)
      out.append(UInt8(ascii: "\""))
      interval.writeISO(into: &out)
      out.append(UInt8(ascii: "\""))
    case .hstore(.json):
      JSONText.writeString(HStoreValue.json(try HStoreValue.entries(text)), into: &out)
    case .hstore(.map):
      JSONConverter.write(HStoreValue.map(try HStoreValue.entries(text)), ColumnTypes.hstoreMap, into: &out)
    case .point:
      let (x, y) = try PointValue.coordinates(text)
      JSONConverter.write(PointValue.value(x, y), ColumnTypes.point, into: &out)
    case .spatial:
      JSONConverter.write(try SpatialValue.value(text), SpatialValue.geometry, into: &out)
    case .denseVector(let isDouble):
      JSONConverter.write(
        try VectorValue.dense(text, isDouble: isDouble), isDouble ? VectorValue.double : VectorValue.float, into: &out)
    case .sparseVector:
      JSONConverter.write(try VectorValue.sparse(text), VectorValue.sparse, into: &out)
    case .array(let form):
      try form.writeJSON(text, format, into: &out)
    case .emptyVector:
      if text.byteCount == 0 { throw ConversionError(.noCounterpart, at: 0) }
      out.append("[]")
    case .jdbcDate, .jdbcTime, .jdbcTimestamp, .jdbcZonedTimestamp:
      return try writeJDBCJSON(text, into: &out)
    case .alwaysNull:
      return false
    case .neverConverted:
      throw ConversionError(.refusedBySchema, at: 0)
    }
    return true
  }

  /// The value as a tree; `.null` where it has none.
  func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    switch self {
    case .text: return .text(text.array)
    case .integer(let byteCount): return try IntegerValue.value(text, byteCount: byteCount)
    case .oid: return .int64(try IntegerValue.parse(text, IntegerValue.oidRange))
    case .boolean: return .boolean(try Self.boolean(text))
    case .float32: return .float32(try FloatValue.float(text))
    case .float64: return .float64(try FloatValue.double(text))
    case .decimal(let form): return try NumericValue.value(text, form)
    case .money(let form): return try MoneyValue.value(text, form)
    case .binary(let form): return BinaryValue.value(try BinaryValue.decode(text), form)
    case .opaque(let form, let isGeometric):
      return BinaryValue.value(isGeometric ? GeometricText.asJava(text) : text.array, form)
    case .bit: return .boolean(try BitValue.boolean(text))
    case .bits: return .bytes(try BitValue.bytes(text))
    case .date(let form): return Self.value(ofDate: try DateValue.epochDays(text), form)
    case .time(let form): return Self.value(ofTime: try DateTimeText.microsecondOfDay(text), form)
    case .timestamp(.iso):
      var out = ByteWriter(minimumCapacity: 32)
      _ = try TimestampValue.write(text, .iso, into: &out)
      return .text(out.copiedBytes)
    case .timestamp(let form):
      return try TimestampValue.number(text, form).map { .int64($0) } ?? .null
    case .zonedTime(let keepsFraction):
      var out = ByteWriter(minimumCapacity: 32)
      let microseconds = try DateTimeText.utcMicrosecondOfDay(text)
      TimeValue.writeUTC(keepsFraction ? microseconds : microseconds / 1_000_000 * 1_000_000, into: &out)
      return .text(out.copiedBytes)
    case .zonedTimestamp(let digits):
      var out = ByteWriter(minimumCapacity: 32)
      try TimestampValue.writeZoned(text, fractionDigits: digits, into: &out)
      return .text(out.copiedBytes)
    case .interval(.microseconds): return .int64(try IntervalValue(text).totalMicroseconds)
    case .interval(.iso):
      var out = ByteWriter(minimumCapacity: 32)
      try IntervalValue(text).writeISO(into: &out)
      return .text(out.copiedBytes)
    case .hstore(.json): return .text(HStoreValue.json(try HStoreValue.entries(text)))
    case .hstore(.map): return HStoreValue.map(try HStoreValue.entries(text))
    case .point: return try PointValue.value(text)
    case .spatial: return try SpatialValue.value(text)
    case .denseVector(let isDouble): return try VectorValue.dense(text, isDouble: isDouble)
    case .sparseVector: return try VectorValue.sparse(text)
    case .array(let form): return try form.value(text)
    case .emptyVector where text.byteCount > 0: return .array([])
    case .emptyVector: throw ConversionError(.noCounterpart, at: 0)
    case .neverConverted: throw ConversionError(.refusedBySchema, at: 0)
    case .jdbcDate, .jdbcTime, .jdbcTimestamp, .jdbcZonedTimestamp: return try jdbcValue(text)
    case .alwaysNull: return .null
    }
  }

  static func value(ofDate days: Int64, _ form: DateForm) -> ConnectValue {
    if form == .epochDays { return .int32(Int32(truncatingIfNeeded: days)) }
    var out = ByteWriter(minimumCapacity: 32)
    DateValue.write(days, form, into: &out)
    return .text(out.copiedBytes)
  }

  static func value(ofTime microseconds: Int64, _ form: TimeForm) -> ConnectValue {
    switch form {
    case .milliseconds: return .int32(Int32(truncatingIfNeeded: microseconds / 1000))
    case .microseconds: return .int64(microseconds)
    case .nanoseconds: return .int64(microseconds * 1000)
    case .iso:
      var out = ByteWriter(minimumCapacity: 32)
      TimeValue.write(microseconds, form, into: &out)
      return .text(out.copiedBytes)
    }
  }

  /// `t` and `f`
  private static func boolean(_ text: RawSpan) throws(ConversionError) -> Bool {
    guard text.byteCount == 1 else { throw ConversionError(.malformed, at: 0) }
    switch text.byte(at: 0) {
    case UInt8(ascii: "t"): return true
    case UInt8(ascii: "f"): return false
    default: throw ConversionError(.malformed, at: 0)
    }
  }
}
