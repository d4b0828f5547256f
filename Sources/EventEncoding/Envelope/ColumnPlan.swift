import ConnectData
import Primitives

/// One field of a table's records: where its value stands in a tuple and how it is written. Made once per relation.
/// A class, so that the row path passes one reference and not its parts.
final class ColumnPlan {
  let name: String
  /// Index of the column in the tuples of the stream.
  let tupleIndex: Int
  let codec: ColumnCodec
  /// Of its structure; the others have a comma before their name.
  let isFirst: Bool
  /// What stands for a value that is null or was not sent: `null`, the default, or what Debezium makes up.
  let nullJSON: [UInt8]
  /// What stands for an unchanged TOAST value.
  let unavailableJSON: [UInt8]

  /// The type has none; looked at for each such value.
  let lacksUnavailable: Bool

  /// The record has the column's bytes as they are: a text whose value is a text.
  let isPlainText: Bool
  /// What is done to each value after it is converted; keys are never masked.
  let mask: MaskedColumn?

  var schema: ConnectSchema { ColumnPlan.schema(codec, mask) }

  /// `"name":`, escaped, with a comma before it but for the first field.
  var nameJSON: [UInt8] { ColumnPlan.name(name, isFirst: isFirst) }

  /// A record may lack the value.
  var mayBeNull: Bool { codec.schema.isOptional || codec.schema.defaultValue != nil }

  init(
    name: String, tupleIndex: Int, codec: ColumnCodec, isFirst: Bool, mask: MaskedColumn? = nil
  ) {
    self.name = name
    self.tupleIndex = tupleIndex
    self.codec = codec
    self.mask = mask
    self.isFirst = isFirst
    isPlainText = codec.form == .text && mask == nil
    if let mask {
      let schema = ColumnPlan.schema(codec, mask)
      let unavailable = mask.apply(codec.unavailable)
      nullJSON = ColumnPlan.json(mask.apply(codec.absentValue), schema, codec.options)
      unavailableJSON = ColumnPlan.json(unavailable, schema, codec.options)
      lacksUnavailable = unavailable == .null
    } else {
      nullJSON = codec.absentJSON
      unavailableJSON = codec.unavailableJSON
      lacksUnavailable = codec.unavailable == .null
    }
  }

  /// A value that the server can send may have no place in the record.
  var isFallible: Bool { !codec.form.takesEveryValue || lacksUnavailable && !mayBeNull }

  /// What stands for a null or a column that was not sent, before a default takes its place.
  var absentValue: ConnectValue { ColumnPlan.masked(codec.absentValue, mask) }
  var unavailableValue: ConnectValue { ColumnPlan.masked(codec.unavailable, mask) }

  /// The value as a tree, for what takes no bytes. A null is `.null`, whatever the default.
  func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    ColumnPlan.masked(try codec.value(text), mask)
  }

  private static func schema(_ codec: ColumnCodec, _ mask: MaskedColumn?) -> ConnectSchema {
    var schema = codec.schema
    if let parameter = mask?.parameter { schema.parameters.append(parameter) }
    return schema
  }

  private static func masked(_ value: ConnectValue, _ mask: MaskedColumn?) -> ConnectValue {
    mask.map { $0.apply(value) } ?? value
  }

  static func name(_ name: String, isFirst: Bool) -> [UInt8] {
    var out = ByteWriter()
    if !isFirst { out.append(UInt8(ascii: ",")) }
    JSONText.writeString(name, into: &out)
    out.append(UInt8(ascii: ":"))
    return out.array
  }

  private static func json(_ value: ConnectValue, _ schema: ConnectSchema, _ options: JSONOptions) -> [UInt8] {
    var out = ByteWriter()
    JSONConverter.write(value, schema, options, into: &out)
    return out.array
  }
}
