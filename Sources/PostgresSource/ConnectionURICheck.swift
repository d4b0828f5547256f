import CLibpq

extension ConnectionSettings {
  /// Why libpq cannot read the URI or `key=value` string in these settings; `nil` when it can, or there is none.
  ///
  /// libpq quotes the text it stumbled over, which can be the whole URI with its password: quoted pieces are left out.
  public var uriProblem: String? {
    guard let uri = self["dbname"], uri.contains("://") || uri.contains("=") else { return nil }
    var message: UnsafeMutablePointer<CChar>?
    let options = unsafe PQconninfoParse(uri, &message)
    defer {
      unsafe PQconninfoFree(options)
      unsafe PQfreemem(message)
    }
    if unsafe options != nil { return nil }
    guard let message = unsafe message else { return "libpq had no memory to read it" }
    var readable = ""
    for (index, piece) in unsafe String(cString: message).split(separator: "\"", omittingEmptySubsequences: false)
      .enumerated()
    {
      // A single character is libpq's own expectation, such as "=".
      readable += index.isMultiple(of: 2) ? String(piece) : piece.count == 1 ? "\"\(piece)\"" : "…"
    }
    while readable.last?.isWhitespace == true { readable.removeLast() }
    return readable
  }
}
