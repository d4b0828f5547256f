import CLibpq
import PgOutput

extension PostgresConnection {
  /// Runs one statement and copies its rows as they came. `$1`… are sent as text and have the type that their place asks
  /// for. The whole answer is in memory twice for a moment: for queries with a LIMIT.
  public func rows(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> RowBatch {
    // Always by the extended protocol, which takes one statement and no more.
    let result = unsafe try result(of: sql, parameters, isExtended: true)
    defer { unsafe PQclear(result) }
    guard unsafe PQresultStatus(result) == PGRES_TUPLES_OK else {
      throw unsafe PostgresError(result: result, connection: handle)
    }
    let columns = unsafe PQnfields(result)
    guard columns > 0 else {
      throw PostgresError(kind: .unexpectedAnswer, message: "an answer without columns")
    }
    var batch = RowBatch(columnCount: Int(columns))
    for row in 0..<(unsafe PQntuples(result)) {
      for column in 0..<columns {
        if unsafe PQgetisnull(result, row, column) == 1 {
          batch.appendNull()
          continue
        }
        // libpq keeps the value until PQclear.
        let start = unsafe UnsafeRawPointer(PQgetvalue(result, row, column)!)
        unsafe batch.append(RawSpan(_unsafeStart: start, byteCount: Int(PQgetlength(result, row, column))))
      }
    }
    return batch
  }
}
