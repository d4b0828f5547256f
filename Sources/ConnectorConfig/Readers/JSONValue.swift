/// A JSON value as Swift sees it. Numbers stay as they were written.
indirect enum JSONValue {
  struct Member {
    let key: String
    let line: Int
    let value: JSONValue
  }

  case object([Member])
  case array([JSONValue])
  case string(String)
  case number(String)
  case boolean(Bool)
  case null

  /// What to call it in a message.
  var kind: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a text"
    case .number: "a number"
    case .boolean: "a boolean"
    case .null: "null"
    }
  }
}
