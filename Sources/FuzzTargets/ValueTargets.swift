import ConnectData
import EventEncoding
import Primitives

/// What PostgreSQL prints of a column.
extension FuzzTarget {
  static let values = [
    FuzzTarget("column-value") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let (column, options, json, origin) = column(&input)
      guard let codec = ColumnCodec.make(column, options, json, origin: origin) else { return }
      let text = input.rest()
      var direct = ByteWriter()
      direct.append("[")
      var failure: ConversionError?
      do throws(ConversionError) {
        unsafe try codec.writeJSON(text.span.bytes, into: &direct)
      } catch {
        failure = error
      }
      if let failure {
        try expect(direct.count == 1, "\(column.type.name): \(failure), and something was written")
        try expect((0...text.count).contains(failure.offset), "\(column.type.name): \(failure)")
        _ = unsafe try? codec.value(text.span.bytes)
        return
      }
      direct.append("]")
      try expectJSON(direct.copiedBytes, column.type.name)
      guard let value = unsafe try? codec.value(text.span.bytes) else {
        throw Violation(description: "\(column.type.name): it is written, and has no tree")
      }
      var tree = ByteWriter()
      tree.append("[")
      JSONConverter.write(value, codec.schema, json, into: &tree)
      tree.append("]")
      try expect(
        direct.copiedBytes == tree.copiedBytes,
        "\(column.type.name): \(String(decoding: direct.copiedBytes, as: UTF8.self)), but as a tree "
          + String(decoding: tree.copiedBytes, as: UTF8.self))
    },
    FuzzTarget("column-default") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      var (column, options, json, origin) = column(&input)
      column.defaultExpression = String(decoding: input.rest(), as: UTF8.self)
      guard let codec = ColumnCodec.make(column, options, json, origin: origin) else { return }
      var out = ByteWriter()
      JSONConverter.writeSchema(codec.schema, fieldName: column.name, json, into: &out)
      try expectJSON(out.copiedBytes, "the schema")
      out.removeAll()
      codec.writeAbsentJSON(into: &out)
      try expectJSON(out.copiedBytes, "what stands for an absent value")
      out.removeAll()
      if (try? codec.writeUnavailableJSON(into: &out)) != nil {
        try expectJSON(out.copiedBytes, "what stands for an unavailable value")
      }
    },
    FuzzTarget("pipeline") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let connector = input.choice(of: SampleConnector.all)
      var messages: [[UInt8]] = []
      while !input.isAtEnd { messages.append(input.piece()) }
      try connector.run(messages)
    },
  ]

  /// Eight bytes: type, its kind, modifier, and how values are handled.
  private static func column(
    _ input: inout FuzzInput
  ) -> (ColumnDescription, ValueOptions, JSONOptions, RowOrigin) {
    let named = input.choice(of: FuzzTypes.base).oid
    let kind = input.byte()
    let modifier = Int32(truncatingIfNeeded: input.integer(as: UInt16.self)) - 1
    let oid: UInt32 =
      switch kind % 8 {
      case 0, 1, 2, 3: named
      case 4, 5: named + FuzzTypes.arrays
      case 6: named + FuzzTypes.domains
      default: 20_100 + named % 4
      }
    let options = ValueOptions(
      decimal: input.choice(of: ValueOptions.DecimalHandling.allCases),
      time: input.choice(of: ValueOptions.TimePrecision.allCases),
      binary: ValueOptions.BinaryHandling.allCases[Int(kind >> 3) % 4], hstore: kind & 0x20 == 0 ? .json : .map,
      interval: kind & 0x40 == 0 ? .numeric : .string, includesUnknownDatatypes: kind & 0x80 == 0)
    let last = input.byte()
    return (
      ColumnDescription(
        name: "c", type: FuzzTypes.type(oid),
        // Scales beyond a hundred digits in some cases only.
        typeModifier: last & 4 == 0 ? modifier : modifier << 16 | modifier & 0x3F, isNullable: last & 1 == 0), options,
      JSONOptions(decimalFormat: last & 2 == 0 ? .base64 : .numeric), last & 8 == 0 ? .stream : .snapshot
    )
  }
}
