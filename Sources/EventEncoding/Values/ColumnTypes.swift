import ConnectData
import Primitives

/// Which types have a mapping, and to what. Source: Debezium manual, PostgreSQL connector, "Data type mappings", and the
/// connector's behaviour for what the manual leaves open.
enum ColumnTypes {
  /// How values of a type are written: the schema of a NOT NULL column, the form, and what stands for values that are
  /// not there.
  struct Mapping {
    var schema: ConnectSchema
    var form: ValueForm
    /// What a NOT NULL column without default has in the `before` of a delete under replica identity DEFAULT.
    var fallback: ConnectValue
    /// What stands for an unchanged TOAST value; `.null` where Debezium has no placeholder.
    var unavailable: ConnectValue = .null
  }

  static let variableScaleDecimalName = "io.debezium.data.VariableScaleDecimal"

  static let text = ConnectSchema(.string)
  static let hstoreMap = ConnectSchema(
    .map(key: ConnectSchema(.string), value: ConnectSchema(.string, isOptional: true)))
  static let point = ConnectSchema(
    .structure(PointValue.fields), name: "io.debezium.data.geometry.Point", version: 1,
    documentation: "Geometry (POINT)")
  static let variableScaleDecimal = ConnectSchema(
    .structure([ConnectField("scale", ConnectSchema(.int32)), ConnectField("value", ConnectSchema(.bytes))]),
    name: variableScaleDecimalName, version: 1, documentation: "Variable scaled decimal")

  private static func logical(_ kind: ConnectSchema.Kind, _ name: String) -> ConnectSchema {
    ConnectSchema(kind, name: name, version: 1)
  }

  /// The mapping of a type; `nil` where the column stays out of events.
  static func mapping(_ type: TypeDescription, modifier: Int32, _ options: ValueOptions) -> Mapping? {
    switch type.oid.rawValue {
    // int2vector, oidvector
    case 22: return vector(.int16)
    case 30: return vector(.int64)
    default: break
    }
    switch type.kind {
    case .domain(let base, let baseModifier):
      return mapping(base, modifier: baseModifier == -1 ? modifier : baseModifier, options)
    case .enumeration(let labels):
      let schema = ConnectSchema(
        .string, name: "io.debezium.data.Enum", version: 1,
        parameters: [ConnectParameter("allowed", labels.joined(separator: ","))])
      return Mapping(schema: schema, form: .text, fallback: .text(""))
    case .array(let element):
      return array(of: element, modifier: modifier, options)
    case .base, .range, .unknown, .composite, .multirange:
      return known(type, modifier: modifier, options) ?? unknown(type, options)
    }
  }

  private static func unknown(_ type: TypeDescription, _ options: ValueOptions) -> Mapping? {
    guard options.includesUnknownDatatypes else { return nil }
    var mapping = binary(options)
    // box, circle, line, lseg, path, polygon
    let geometric: Set<UInt32> = [601, 602, 603, 604, 628, 718]
    mapping.form = .opaque(binaryForm(options), isGeometric: geometric.contains(type.oid.rawValue))
    mapping.unavailable = .null
    return mapping
  }

  private static func string(
    _ options: ValueOptions, name: String? = nil, form: ValueForm = .text
  ) -> Mapping {
    let schema = ConnectSchema(.string, name: name, version: name == nil ? nil : 1)
    return Mapping(
      schema: schema, form: form, fallback: .text(""), unavailable: .text(options.unavailableValuePlaceholder))
  }

  private static func known(_ type: TypeDescription, modifier: Int32, _ options: ValueOptions) -> Mapping? {
    switch type.oid {
    case .bool: return Mapping(schema: ConnectSchema(.boolean), form: .boolean, fallback: .boolean(false))
    case .int2: return Mapping(schema: ConnectSchema(.int16), form: .integer(byteCount: 2), fallback: .int16(0))
    case .int4: return Mapping(schema: ConnectSchema(.int32), form: .integer(byteCount: 4), fallback: .int32(0))
    case .int8: return Mapping(schema: ConnectSchema(.int64), form: .integer(byteCount: 8), fallback: .int64(0))
    case .oid: return Mapping(schema: ConnectSchema(.int64), form: .oid, fallback: .int64(0))
    case .float4: return Mapping(schema: ConnectSchema(.float32), form: .float32, fallback: .float32(0))
    case .float8: return Mapping(schema: ConnectSchema(.float64), form: .float64, fallback: .float64(0))
    case .numeric: return numeric(modifier: modifier, options)
    case .money: return money(options)
    case .text, .varchar, .bpchar, .char, .name, .inet, .cidr, .macaddr, .macaddr8: return string(options)
    case .uuid: return string(options, name: "io.debezium.data.Uuid")
    case .json, .jsonb: return string(options, name: "io.debezium.data.Json")
    case .xml: return string(options, name: "io.debezium.data.Xml")
    case .bytea: return binary(options)
    case .bit, .varbit: return bits(modifier: modifier)
    case .date: return date(options)
    case .time: return time(precision: modifier, options)
    case .timestamp: return timestamp(precision: modifier, options)
    case .timetz:
      return Mapping(
        schema: logical(.string, "io.debezium.time.ZonedTime"), form: .zonedTime(keepsFraction: true),
        fallback: .text("00:00:00Z"))
    case .timestamptz:
      return Mapping(
        schema: logical(.string, "io.debezium.time.ZonedTimestamp"),
        form: .zonedTimestamp(fractionDigits: modifier < 0 ? 6 : Int(min(modifier, 6))),
        fallback: .text("1970-01-01T00:00:00Z"))
    case .interval: return interval(options)
    case .point: return Mapping(schema: point, form: .point, fallback: PointValue.value(0, 0))
    default: break
    }
    switch type.oid.rawValue {
    // int4range, numrange, tsrange, tstzrange, daterange, int8range
    case 3904, 3906, 3908, 3910, 3912, 3926: return string(options)
    case 3614: return string(options, name: "io.debezium.data.Tsvector")
    default: break
    }
    // Types of extensions have no fixed OID; Debezium finds them by name.
    switch type.name {
    case "citext", "isbn": return string(options)
    case "ltree": return string(options, name: "io.debezium.data.Ltree")
    case "hstore": return hstore(options)
    case "geometry": return Mapping(schema: SpatialValue.geometry, form: .spatial, fallback: SpatialValue.empty)
    case "geography": return Mapping(schema: SpatialValue.geography, form: .spatial, fallback: SpatialValue.empty)
    case "vector":
      return Mapping(schema: VectorValue.double, form: .denseVector(isDouble: true), fallback: .array([]))
    case "halfvec":
      return Mapping(schema: VectorValue.float, form: .denseVector(isDouble: false), fallback: .array([]))
    case "sparsevec":
      // An empty list in Debezium, which its own schema refuses; there the row cannot be sent.
      return Mapping(schema: VectorValue.sparse, form: .sparseVector, fallback: .null)
    default: return nil
    }
  }

  private static func vector(_ element: ConnectSchema.Kind) -> Mapping {
    Mapping(schema: ConnectSchema(.array(ConnectSchema(element))), form: .emptyVector, fallback: .array([]))
  }

  /// The mapping for rows of this origin.
  static func mapping(
    _ mapping: Mapping, of type: TypeDescription, from origin: RowOrigin, _ options: ValueOptions
  ) -> Mapping {
    var mapping = mapping
    switch mapping.form {
    // A query's answer has a `java.sql.Date`.
    case .date(let form) where origin.isQueried: mapping.form = .jdbcDate(form)
    // In the stream Debezium knows no such type, though it has a schema.
    case .text where origin == .stream && type.root.oid == .name && !options.includesUnknownDatatypes:
      mapping.form = .alwaysNull
    default: break
    }
    return mapping
  }

  private static func hstore(_ options: ValueOptions) -> Mapping {
    let entry = HStoreValue.Entry(key: options.unavailableValuePlaceholder, value: options.unavailableValuePlaceholder)
    switch options.hstore {
    case .json:
      return Mapping(
        schema: logical(.string, "io.debezium.data.Json"), form: .hstore(.json), fallback: .text("{}"),
        unavailable: .text(HStoreValue.json([entry])))
    case .map:
      return Mapping(
        schema: hstoreMap, form: .hstore(.map), fallback: .map([]), unavailable: HStoreValue.map([entry]))
    }
  }

  private static func numeric(modifier: Int32, _ options: ValueOptions) -> Mapping {
    // The modifier is precision and scale, plus four. The scale is signed, of eleven bits; Debezium reads it as
    // unsigned, so that a negative one comes out as a large one, with as many zeros: the same number.
    let hasScale = modifier >= 4
    let precision = hasScale ? Int(modifier - 4) >> 16 & 0xFFFF : 0
    let scale = hasScale ? Int(modifier - 4) & 0x7FF : 0
    switch options.decimal {
    case .precise where !hasScale:
      return Mapping(
        schema: variableScaleDecimal, form: .decimal(.variableScale), fallback: .structure([.int32(0), .bytes([0])]))
    case .precise:
      let schema = ConnectSchema(
        .bytes, name: "org.apache.kafka.connect.data.Decimal", version: 1,
        parameters: [
          ConnectParameter("scale", String(scale)), ConnectParameter("connect.decimal.precision", String(precision)),
        ])
      return Mapping(
        schema: schema, form: .decimal(.precise(scale: scale)),
        fallback: .decimal(unscaled: [0], scale: Int32(scale)))
    case .string:
      return Mapping(
        schema: text, form: .decimal(.text(scale: hasScale ? scale : nil)), fallback: .text(zeroText(scale: scale)),
        unavailable: .text(options.unavailableValuePlaceholder))
    case .double:
      return Mapping(schema: ConnectSchema(.float64), form: .decimal(.double), fallback: .float64(0))
    }
  }

  private static func money(_ options: ValueOptions) -> Mapping {
    let scale = options.moneyFractionDigits
    switch options.decimal {
    case .precise:
      let schema = ConnectSchema(
        .bytes, name: "org.apache.kafka.connect.data.Decimal", version: 1,
        parameters: [ConnectParameter("scale", String(scale))])
      return Mapping(
        schema: schema, form: .money(.precise(scale: scale)), fallback: .decimal(unscaled: [0], scale: Int32(scale)))
    case .string:
      return Mapping(schema: text, form: .money(.text(scale: scale)), fallback: .text(zeroText(scale: scale)))
    case .double:
      return Mapping(schema: ConnectSchema(.float64), form: .money(.double), fallback: .float64(0))
    }
  }

  private static func zeroText(scale: Int) -> String {
    scale == 0 ? "0" : "0." + String(repeating: "0", count: scale)
  }

  static func binaryForm(_ options: ValueOptions) -> ValueForm.BinaryForm {
    switch options.binary {
    case .bytes: .bytes
    case .base64: .base64
    case .base64URLSafe: .base64URLSafe
    case .hex: .hex
    }
  }

  private static func binary(_ options: ValueOptions) -> Mapping {
    let form = binaryForm(options)
    let placeholder = options.unavailableValuePlaceholder
    switch form {
    case .bytes:
      return Mapping(
        schema: ConnectSchema(.bytes), form: .binary(form), fallback: .bytes([]), unavailable: .bytes(placeholder))
    case .hex:
      return Mapping(schema: text, form: .binary(form), fallback: .text(""), unavailable: .text(placeholder))
    case .base64, .base64URLSafe:
      return Mapping(schema: text, form: .binary(form), fallback: .text(""))
    }
  }

  private static func bits(modifier: Int32) -> Mapping {
    if modifier == 1 { return Mapping(schema: ConnectSchema(.boolean), form: .bit, fallback: .boolean(false)) }
    let length = modifier < 0 ? Int32.max : modifier
    let schema = ConnectSchema(
      .bytes, name: "io.debezium.data.Bits", version: 1, parameters: [ConnectParameter("length", String(length))])
    return Mapping(schema: schema, form: .bits, fallback: .bytes([]))
  }

  private static func date(_ options: ValueOptions) -> Mapping {
    switch options.time {
    case .connect:
      return Mapping(
        schema: logical(.int32, "org.apache.kafka.connect.data.Date"), form: .date(.epochDays), fallback: .int32(0))
    case .isostring:
      return Mapping(
        schema: logical(.string, "io.debezium.time.IsoDate"), form: .date(.iso), fallback: .text("1970-01-01Z"))
    case .adaptive, .adaptiveTimeMicroseconds, .microseconds, .nanoseconds:
      return Mapping(
        schema: logical(.int32, "io.debezium.time.Date"), form: .date(.epochDays), fallback: .int32(0))
    }
  }

  private static func time(precision: Int32, _ options: ValueOptions) -> Mapping {
    switch options.time {
    case .adaptive where (0...3).contains(precision):
      return Mapping(
        schema: logical(.int32, "io.debezium.time.Time"), form: .time(.milliseconds), fallback: .int32(0))
    case .adaptive, .adaptiveTimeMicroseconds, .microseconds:
      return Mapping(
        schema: logical(.int64, "io.debezium.time.MicroTime"), form: .time(.microseconds), fallback: .int64(0))
    case .nanoseconds:
      return Mapping(
        schema: logical(.int64, "io.debezium.time.NanoTime"), form: .time(.nanoseconds), fallback: .int64(0))
    case .connect:
      return Mapping(
        schema: logical(.int32, "org.apache.kafka.connect.data.Time"), form: .time(.milliseconds), fallback: .int32(0))
    case .isostring:
      return Mapping(
        schema: logical(.string, "io.debezium.time.IsoTime"), form: .time(.iso), fallback: .text("00:00:00Z"))
    }
  }

  private static func timestamp(precision: Int32, _ options: ValueOptions) -> Mapping {
    switch options.time {
    case .adaptive where (0...3).contains(precision), .adaptiveTimeMicroseconds where (0...3).contains(precision):
      return Mapping(
        schema: logical(.int64, "io.debezium.time.Timestamp"), form: .timestamp(.milliseconds), fallback: .int64(0))
    case .adaptive, .adaptiveTimeMicroseconds, .microseconds:
      return Mapping(
        schema: logical(.int64, "io.debezium.time.MicroTimestamp"), form: .timestamp(.microseconds),
        fallback: .int64(0))
    case .nanoseconds:
      return Mapping(
        schema: logical(.int64, "io.debezium.time.NanoTimestamp"), form: .timestamp(.nanoseconds), fallback: .int64(0))
    case .connect:
      return Mapping(
        schema: logical(.int64, "org.apache.kafka.connect.data.Timestamp"), form: .timestamp(.milliseconds),
        fallback: .int64(0))
    case .isostring:
      return Mapping(
        schema: logical(.string, "io.debezium.time.IsoTimestamp"), form: .timestamp(.iso),
        fallback: .text("1970-01-01T00:00:00Z"))
    }
  }

  private static func interval(_ options: ValueOptions) -> Mapping {
    switch options.interval {
    case .numeric:
      Mapping(
        schema: logical(.int64, "io.debezium.time.MicroDuration"), form: .interval(.microseconds), fallback: .int64(0))
    case .string:
      Mapping(
        schema: logical(.string, "io.debezium.time.Interval"), form: .interval(.iso), fallback: .text("P0Y0M0DT0H0M0S"))
    }
  }
}
