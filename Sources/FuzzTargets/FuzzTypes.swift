import ConnectData
import Primitives

/// Types by an OID that an input names: those that are built in, those of extensions, and some of every kind.
enum FuzzTypes {
  static let base: [(oid: UInt32, name: String)] = [
    (16, "bool"), (17, "bytea"), (18, "char"), (19, "name"), (20, "int8"), (21, "int2"), (22, "int2vector"),
    (23, "int4"), (25, "text"), (26, "oid"), (30, "oidvector"), (114, "json"), (142, "xml"), (600, "point"),
    (601, "lseg"), (602, "path"), (603, "box"), (604, "polygon"), (628, "line"), (650, "cidr"), (700, "float4"),
    (701, "float8"), (718, "circle"), (774, "macaddr8"), (790, "money"), (829, "macaddr"), (869, "inet"),
    (1042, "bpchar"), (1043, "varchar"), (1082, "date"), (1083, "time"), (1114, "timestamp"), (1184, "timestamptz"),
    (1186, "interval"), (1266, "timetz"), (1560, "bit"), (1562, "varbit"), (1700, "numeric"), (2950, "uuid"),
    (3614, "tsvector"), (3802, "jsonb"), (3904, "int4range"), (3906, "numrange"), (3910, "tstzrange"),
    (20_001, "citext"), (20_002, "isbn"), (20_003, "ltree"), (20_004, "hstore"), (20_005, "geometry"),
    (20_006, "geography"), (20_007, "vector"), (20_008, "halfvec"), (20_009, "sparsevec"),
  ]
  private static let names = Dictionary(uniqueKeysWithValues: base.map { ($0.oid, $0.name) })

  /// From here on, an array of the type that stands so much lower.
  static let arrays: UInt32 = 100_000
  /// The same for a domain.
  static let domains: UInt32 = 200_000

  static func type(_ oid: UInt32) -> TypeDescription {
    let description = TypeOID(rawValue: oid)
    switch oid {
    case 1_007: return TypeDescription(oid: description, name: "_int4", kind: .array(element: type(23)))
    case 1_009: return TypeDescription(oid: description, name: "_text", kind: .array(element: type(25)))
    case 20_100: return TypeDescription(oid: description, name: "mood", kind: .enumeration(["sad", "o\"k"]))
    case 20_101: return TypeDescription(oid: description, name: "pair", kind: .composite)
    case 20_102: return TypeDescription(oid: description, name: "int4multirange", kind: .multirange)
    case arrays..<domains:
      return TypeDescription(oid: description, name: "_a", kind: .array(element: type(oid - arrays)))
    case domains..<domains + arrays:
      return TypeDescription(oid: description, name: "d", kind: .domain(type(oid - domains), modifier: -1))
    default:
      guard let name = names[oid] else { return TypeDescription(oid: description, name: "?", kind: .unknown) }
      return TypeDescription(oid: description, name: name)
    }
  }
}
