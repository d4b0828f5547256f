import CJSONC

/// Owner of a tree that json-c has parsed. Strict: no comments, no trailing comma, nothing after the value, valid UTF-8
/// and at most `depthMax` levels.
@safe struct JSONDocument: ~Copyable {
  /// A connector file has two levels; json-c recurses when it frees a tree.
  static let depthMax: Int32 = 16

  private let root: OpaquePointer?
  private let index: JSONMemberIndex

  /// Throws with the line at which json-c gave up, or that of a key that occurs twice in its object.
  init(parsing source: ConfigSource) throws(ConfigError) {
    let text = try source.utf8()
    unsafe root = try Self.parse(text, of: source)
    index = JSONMemberIndex(of: text, source: source)
  }

  private static func parse(_ text: ArraySlice<UInt8>, of source: ConfigSource) throws(ConfigError) -> OpaquePointer? {
    guard let tokener = unsafe json_tokener_new_ex(Self.depthMax) else {
      throw source.error(nil, "no memory to parse it")
    }
    defer { unsafe json_tokener_free(tokener) }
    unsafe json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
    // With its terminating NUL, so that json-c knows the text ends here. `bytesMax` keeps the count within an Int32.
    let terminated = Array(text) + [0]
    let parsed = unsafe terminated.withUnsafeBytes { bytes in
      unsafe json_tokener_parse_ex(
        tokener, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    let outcome = unsafe json_tokener_get_error(tokener)
    guard outcome == json_tokener_success else {
      unsafe json_object_put(parsed)
      let offset = min(unsafe Int(json_tokener_get_parse_end(tokener)), text.count)
      let reason =
        outcome == json_tokener_continue || offset == text.count && outcome != json_tokener_error_depth
        ? "ends before its JSON does" : unsafe String(cString: json_tokener_error_desc(outcome))
      throw source.error(source.line(ofByte: text.startIndex + offset), "is not valid JSON: \(reason)")
    }
    return unsafe parsed
  }

  deinit { unsafe json_object_put(root) }

  /// The whole document as Swift values. Throws when an object has a key that json-c has merged with another one.
  func value(of source: ConfigSource) throws(ConfigError) -> JSONValue {
    if let problem = index.problem { throw problem }
    var position = JSONMemberIndex.Position()
    return try unsafe convert(root, source, &position)
  }

  /// Walks json-c's tree and the index side by side: both list members in the order of the file.
  /// Recursion ends at `depthMax`.
  @unsafe private func convert(
    _ node: OpaquePointer?, _ source: ConfigSource, _ position: inout JSONMemberIndex.Position
  ) throws(ConfigError) -> JSONValue {
    switch unsafe json_object_get_type(node) {
    case json_type_object:
      let object = index.objects[position.object]
      position.object += 1
      guard unsafe Int(json_object_object_length(node)) == object.memberCount else {
        throw source.error(object.line, "one key is written twice in this object", "Keep one of them")
      }
      var members: [JSONValue.Member] = []
      var iterator = unsafe json_object_iter_begin(node)
      var end = unsafe json_object_iter_end(node)
      while unsafe json_object_iter_equal(&iterator, &end) == 0 {
        let key = unsafe String(cString: json_object_iter_peek_name(&iterator))
        let line = index.members[position.member].line
        position.member += 1
        let child = unsafe json_object_iter_peek_value(&iterator)
        members.append(JSONValue.Member(key: key, line: line, value: try unsafe convert(child, source, &position)))
        unsafe json_object_iter_next(&iterator)
      }
      return .object(members)
    case json_type_array:
      var elements: [JSONValue] = []
      for element in 0..<(unsafe json_object_array_length(node)) {
        elements.append(try unsafe convert(json_object_array_get_idx(node, element), source, &position))
      }
      return .array(elements)
    case json_type_string:
      let count = unsafe Int(json_object_get_string_len(node))
      let bytes = unsafe UnsafeRawBufferPointer(start: json_object_get_string(node), count: count)
      return .string(unsafe String(decoding: bytes, as: UTF8.self))
    case json_type_boolean: return .boolean(unsafe json_object_get_boolean(node) != 0)
    case json_type_int, json_type_double:
      let number = index.numbers[position.number]
      position.number += 1
      return .number(number)
    default: return .null
    }
  }
}
