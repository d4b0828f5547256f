import ConnectData
import Primitives
import Testing

@testable import EventEncoding

/// Types of PostGIS, whose values Debezium was seen to send, and of pgvector, of which no server was at hand: there the
/// expected values follow Debezium's source.
@Suite struct ExtensionTypesTests {
  private func value(_ type: String, _ text: String) throws -> String? {
    let description = TypeDescription(oid: TypeOID(rawValue: 99_999), name: type, schemaName: "public")
    let codec = ColumnCodec.make(ColumnDescription(name: "c", type: description), ValueOptions())
    let bytes = Array(text.utf8)
    var out = ByteWriter()
    try unsafe codec?.writeJSON(bytes.span.bytes, into: &out)
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  @Test func aGeometryIsItsBytesAndItsReferenceSystem() throws {
    let point = "0101000000000000000000F03F0000000000000040"
    #expect(try value("geometry", point) == #"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#)
    let located = "0101000020E6100000000000000000F03F0000000000000040"
    #expect(try value("geography", located) == #"{"wkb":"AQEAACDmEAAAAAAAAAAA8D8AAAAAAAAAQA==","srid":4326}"#)
  }

  @Test func cutGeometriesThrow() {
    #expect(throws: ConversionError.self) { try value("geometry", "01010000") }
    #expect(throws: ConversionError.self) { try value("geometry", "0101000020E610000g") }
  }

  @Test func vectorsAreNumbers() throws {
    #expect(try value("vector", "[1,2.5,-3e-07]") == "[1.0,2.5,-3.0E-7]")
    #expect(try value("halfvec", "[0.1,65504]") == "[0.1,65504.0]")
    #expect(throws: ConversionError.self) { try value("vector", "1,2") }
  }

  @Test func aSparseVectorHasItsElementsByIndex() throws {
    #expect(try value("sparsevec", "{1:1.5,3:2}/5") == #"{"dimensions":5,"vector":[[1,1.5],[3,2.0]]}"#)
    #expect(try value("sparsevec", "{}/3") == #"{"dimensions":3,"vector":[]}"#)
    // Of four buckets: 4 is in the first, 1 in the second.
    #expect(try value("sparsevec", "{1:1,4:2}/9") == #"{"dimensions":9,"vector":[[4,2.0],[1,1.0]]}"#)
    #expect(throws: ConversionError.self) { try value("sparsevec", "{40000:1}/50000") }
  }
}
