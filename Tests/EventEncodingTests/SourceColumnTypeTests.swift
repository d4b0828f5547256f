import ConnectData
import Primitives
import Testing

/// Expected numbers are Debezium's, of the recorded case `propagate-types` and of runs beside it.
@Suite struct SourceColumnTypeTests {
  private func type(
    _ oid: TypeOID, _ name: String, modifier: Int32 = -1, kind: TypeDescription.Kind = .base,
    defaultExpression: String? = nil, _ origin: RowOrigin = .stream
  ) -> String {
    let description = TypeDescription(oid: oid, name: name, kind: kind)
    let column = ColumnDescription(
      name: "c", type: description, typeModifier: modifier, defaultExpression: defaultExpression)
    return SourceColumnType(column, origin).parameters(columnName: "c").map(\.value).joined(separator: " ")
  }

  @Test func lengthsAndScalesAreThoseOfTheDriver() {
    #expect(type(.varchar, "varchar", modifier: 16) == "VARCHAR 12 0 c")
    #expect(type(.numeric, "numeric", modifier: 9 << 16 | 3 + 4) == "NUMERIC 9 3 c")
    #expect(type(.float4, "float4") == "FLOAT4 8 8 c")
    #expect(type(.timestamp, "timestamp", modifier: 3) == "TIMESTAMP 26 3 c")
    #expect(type(.time, "time", modifier: 1) == "TIME 11 1 c")
    #expect(type(.timestamptz, "timestamptz") == "TIMESTAMPTZ 35 6 c")
    #expect(type(.interval, "interval", modifier: 0x7FFF_FFFF) == "INTERVAL 49 65535 c")
    #expect(type(.jsonb, "jsonb") == "JSONB 2147483647 0 c")
  }

  @Test func arraysAndDomainsHaveTheirBasesNumbers() {
    let int4 = TypeDescription(oid: .int4, name: "int4")
    #expect(type(TypeOID(rawValue: 1007), "_int4", kind: .array(element: int4)) == "_INT4 10 0 c")
    #expect(type(TypeOID(rawValue: 9), "posint", kind: .domain(int4, modifier: -1)) == "POSINT 10 0 c")
    let domain = TypeDescription(oid: TypeOID(rawValue: 9), name: "posint", kind: .domain(int4, modifier: -1))
    #expect(type(TypeOID(rawValue: 10), "_posint", kind: .array(element: domain)) == "_POSINT 2147483647 0 c")
  }

  @Test func aSnapshotHasTheDriversNames() {
    #expect(type(.int8, "int8", defaultExpression: "nextval('s'::regclass)", .snapshot) == "BIGSERIAL 19 0 c")
    #expect(type(.int8, "int8", defaultExpression: "nextval('s'::regclass)") == "INT8 19 0 c")
    #expect(type(.numeric, "numeric", .snapshot) == "NUMERIC 0 c")
    #expect(type(.numeric, "numeric") == "NUMERIC 131089 0 c")
    let mood = TypeDescription(
      oid: TypeOID(rawValue: 9), name: "mood", schemaName: "s2", isOnSearchPath: false, kind: .enumeration([]))
    let column = ColumnDescription(name: "c", type: mood)
    #expect(SourceColumnType(column, .snapshot).name == "\"s2\".\"mood\"")
    #expect(SourceColumnType(column, .stream).name == "mood")
  }
}
