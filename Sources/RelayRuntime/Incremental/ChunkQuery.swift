import EventRouting
import PostgresSource

/// The SQL that cuts a table into chunks: rows in the order of a key, beginning behind the last one, never beyond the
/// highest at the start. Source: Debezium 3.6, `AbstractChunkQueryBuilder`, `RowValueConstructorChunkQueryBuilder`.
struct ChunkQuery {
  struct KeyColumn: Equatable {
    let name: String
    /// NULL is the highest value, as PostgreSQL sorts it.
    let isNullable: Bool
  }

  let table: TableID
  /// All columns to read, in the order of the table.
  let columns: [String]
  /// What orders the chunks; not empty.
  let key: [KeyColumn]
  /// SQL condition that rows must meet, as the signal gave it.
  let filter: String?
  /// No two rows share a key. Where they may, a chunk is longer than asked for by the rows that share its last key: the next
  /// chunk begins behind that key and would pass them over.
  var isKeyUnique = true

  private var keyList: [String] { key.map { PostgresConnection.quoted(identifier: $0.name) } }

  private var from: String {
    "FROM \(PostgresConnection.quoted(identifier: table.schema)).\(PostgresConnection.quoted(identifier: table.name))"
  }

  /// One row: the highest key. No row where the table has none that meets the condition.
  var maximum: String {
    let condition = filter.map { " WHERE (\($0))" } ?? ""
    let order = keyList.map { "\($0) DESC" }.joined(separator: ", ")
    return "SELECT \(keyList.joined(separator: ", ")) \(from)\(condition) ORDER BY \(order) LIMIT 1"
  }

  /// The next rows. The first chunk has no bounds, as in Debezium: rows above the maximum that come with it are newer than
  /// the snapshot and come by the stream as well.
  func chunk(after: [String?]?, maximum: [String?], rows: Int) -> (sql: String, parameters: [String?]) {
    var conditions: [String] = []
    var parameters: [String?] = []
    if let after {
      if key.contains(where: \.isNullable) {
        conditions.append(beyond(after, &parameters))
        conditions.append("NOT \(beyond(maximum, &parameters))")
      } else {
        conditions.append(compared(">", after, &parameters))
        conditions.append(compared("<=", maximum, &parameters))
      }
    }
    if let filter { conditions.append("(\(filter))") }
    let list = columns.map { PostgresConnection.quoted(identifier: $0) }.joined(separator: ", ")
    let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    let limit = isKeyUnique ? "LIMIT \(rows)" : "FETCH FIRST \(rows) ROWS WITH TIES"
    return (
      "SELECT \(list) \(from)\(condition) ORDER BY \(keyList.joined(separator: ", ")) \(limit)", parameters
    )
  }

  /// Row comparison, which an index on the key serves. Only for columns that are never NULL.
  private func compared(_ sign: String, _ values: [String?], _ parameters: inout [String?]) -> String {
    let first = parameters.count + 1
    parameters += values
    let places = (first..<first + key.count).map { "$\($0)" }
    guard key.count > 1 else { return "\(keyList[0]) \(sign) \(places[0])" }
    return "ROW(\(keyList.joined(separator: ", "))) \(sign) ROW(\(places.joined(separator: ", ")))"
  }

  /// `(k1 > v1) OR (k1 = v1 AND k2 > v2) OR …`, with NULL above everything.
  private func beyond(_ values: [String?], _ parameters: inout [String?]) -> String {
    var places: [String] = []
    for value in values {
      // A parameter that stands nowhere has no type: NULL is written out instead.
      guard value != nil else {
        places.append("")
        continue
      }
      parameters.append(value)
      places.append("$\(parameters.count)")
    }
    var alternatives: [String] = []
    for last in key.indices {
      var terms = (0..<last).map { column in
        values[column] == nil ? "\(keyList[column]) IS NULL" : "\(keyList[column]) = \(places[column])"
      }
      if values[last] == nil {
        terms.append("FALSE")
      } else if key[last].isNullable {
        terms.append("(\(keyList[last]) > \(places[last]) OR \(keyList[last]) IS NULL)")
      } else {
        terms.append("\(keyList[last]) > \(places[last])")
      }
      alternatives.append("(\(terms.joined(separator: " AND ")))")
    }
    return "(\(alternatives.joined(separator: " OR ")))"
  }
}
