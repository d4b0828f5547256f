import Primitives

/// Name, length and scale of a column's type as Debezium tells them: what pgjdbc makes of the type and its modifier.
/// Source: pgjdbc 42.7, `TypeInfoCache.getPrecision`, `getScale`, `getDisplaySize`.
public struct SourceColumnType: Sendable, Equatable {
  public var name: String
  public var length: Int32
  /// `nil` where there is none to tell.
  public var scale: Int32?

  /// Where pgjdbc knows no length.
  public static let unknownLength = Int32.max
  /// PostgreSQL's greatest number of digits of a `numeric` before the point: what a `numeric` without a precision has.
  private static let unlimitedNumericLength: Int32 = 131_089

  public init(_ column: ColumnDescription, _ origin: RowOrigin) {
    let type = column.type
    name = Self.name(column, origin)
    let (base, modifier) = Self.base(type, column.typeModifier)
    length = Self.length(base.oid, modifier)
    scale = Self.scale(base.oid, modifier)
    if base.oid == .numeric, modifier == -1 {
      if origin.isQueried, type.oid == .numeric {
        // The driver's description of a table has neither.
        length = 0
        scale = nil
      } else {
        length = Self.unlimitedNumericLength
      }
    }
  }

  /// Parameters of a field's schema, in their order. Source: Debezium 3.6, `PropagateSourceMetadataToSchemaParameter`.
  public func parameters(columnName: String) -> [ConnectParameter] {
    var parameters = [
      ConnectParameter("__debezium.source.column.type", name.uppercased()),
      ConnectParameter("__debezium.source.column.length", String(length)),
    ]
    if let scale { parameters.append(ConnectParameter("__debezium.source.column.scale", String(scale))) }
    parameters.append(ConnectParameter("__debezium.source.column.name", columnName))
    return parameters
  }

  /// The type's name; in a description that was asked of the server, `serial` and its like for numbers from a sequence,
  /// and quoted with its schema where it is not on the search path.
  private static func name(_ column: ColumnDescription, _ origin: RowOrigin) -> String {
    let type = column.type
    guard origin.isQueried else { return type.name }
    if column.defaultExpression?.contains("nextval(") == true {
      switch type.oid {
      case .int2: return "smallserial"
      case .int4: return "serial"
      case .int8: return "bigserial"
      default: break
      }
    }
    return type.isOnSearchPath ? type.name : "\"\(type.schemaName)\".\"\(type.name)\""
  }

  /// Looks through domains and into an array, but not through a domain inside an array.
  private static func base(_ type: TypeDescription, _ modifier: Int32) -> (type: TypeDescription, modifier: Int32) {
    switch type.kind {
    case .domain(let base, let baseModifier):
      return self.base(base, baseModifier == -1 ? modifier : baseModifier)
    // int2vector and oidvector are no arrays to the driver.
    case .array(let element) where type.oid.rawValue != 22 && type.oid.rawValue != 30: return (element, modifier)
    default: return (type, modifier)
    }
  }

  /// A modifier is any four bytes that the server sent, hence the arithmetic that wraps.
  private static func length(_ oid: TypeOID, _ modifier: Int32) -> Int32 {
    switch oid {
    case .int2: 5
    case .oid, .int4: 10
    case .int8: 19
    case .float4: 8
    case .float8: 17
    case .numeric: modifier == -1 ? 0 : (modifier &- 4) >> 16 & 0xFFFF
    case .char, .bool: 1
    case .bpchar, .varchar: modifier == -1 ? unknownLength : modifier &- 4
    case .bit, .varbit: modifier == -1 ? unknownLength : modifier
    // Years of PostgreSQL's whole range, sign and era.
    case .date: 13
    case .time: 8 &+ fractionLength(modifier)
    case .timetz: 14 &+ fractionLength(modifier)
    case .timestamp: 22 &+ fractionLength(modifier)
    case .timestamptz: 28 &+ fractionLength(modifier)
    case .interval: 49
    default: unknownLength
    }
  }

  /// Point and digits; one digit counts as two.
  private static func fractionLength(_ modifier: Int32) -> Int32 {
    switch modifier {
    case -1: 7
    case 0: 0
    case 1: 3
    default: modifier &+ 1
    }
  }

  private static func scale(_ oid: TypeOID, _ modifier: Int32) -> Int32 {
    switch oid {
    case .float4: 8
    case .float8: 17
    case .numeric: modifier == -1 ? 0 : (modifier &- 4) & 0xFFFF
    case .time, .timetz, .timestamp, .timestamptz: modifier == -1 ? 6 : modifier
    case .interval: modifier == -1 ? 6 : modifier & 0xFFFF
    default: 0
    }
  }
}
