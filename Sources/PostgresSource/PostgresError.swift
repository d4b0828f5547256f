import CLibpq

/// A failure that libpq or the server reported, copied at once.
///
/// `message` is the server's primary message or libpq's own text. The server's DETAIL can quote row values, so it is kept
/// apart and never part of the description.
public struct PostgresError: Error, Sendable {
  public enum Kind: Sendable, Equatable {
    /// The connection could not be made, or is gone.
    case connection
    /// The server refused a statement; `sqlState` says why.
    case statement
    /// The server answered what the protocol does not allow here.
    case unexpectedAnswer
  }

  public let kind: Kind
  /// Five characters; empty when the failure is libpq's own.
  public let sqlState: String
  public let message: String
  public let hint: String?
  public let detail: String?
  /// Where in the statement's text, counted in characters from 1, the server saw the fault, if it says so.
  public let position: Int?
  public let file: StaticString
  public let line: UInt

  public init(
    kind: Kind, sqlState: String = "", message: String, hint: String? = nil, detail: String? = nil,
    position: Int? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.hint = hint
    self.detail = detail
    self.position = position
    self.file = file
    self.line = line
  }

  /// From the text of a `PGconn`, which is only valid until the next call on it.
  init(connection: OpaquePointer?, file: StaticString = #fileID, line: UInt = #line) {
    let text = unsafe String(cString: PQerrorMessage(connection))
    // libpq keeps no SQLSTATE for a failed connection attempt; the text of a fatal answer is all there is.
    self.init(kind: .connection, message: PostgresError.trimmed(text), file: file, line: line)
  }

  /// From a result with an error status.
  init(result: OpaquePointer?, connection: OpaquePointer?, file: StaticString = #fileID, line: UInt = #line) {
    func field(_ code: Character) -> String? {
      guard let text = unsafe PQresultErrorField(result, Int32(code.asciiValue!)) else { return nil }
      return unsafe String(cString: text)
    }
    guard let state = field("C"), let message = field("M") else {
      unsafe self.init(connection: connection, file: file, line: line)
      return
    }
    let gone = unsafe PQstatus(connection) != CONNECTION_OK
    self.init(
      kind: gone ? .connection : .statement, sqlState: state, message: message, hint: field("H"),
      detail: field("D"), position: field("P").flatMap { Int($0) }, file: file, line: line)
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text.isEmpty ? "no reason given by libpq" : String(text)
  }
}

extension PostgresError {
  /// Without the message where that quotes what a row or a condition holds: data exceptions and broken constraints
  /// (SQLSTATE classes 22 and 23). For statements that meet rows.
  public var withoutValues: PostgresError {
    guard sqlState.hasPrefix("22") || sqlState.hasPrefix("23") else { return self }
    return PostgresError(
      kind: kind, sqlState: sqlState, message: "the server refused a value, whose text is left out here", file: file,
      line: line)
  }
}

extension PostgresError: CustomStringConvertible {
  public var description: String {
    var text = message
    if !sqlState.isEmpty { text += " (SQLSTATE \(sqlState))" }
    if let hint { text += ". Hint: \(hint)" }
    return text
  }
}
