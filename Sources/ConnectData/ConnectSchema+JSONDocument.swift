extension ConnectSchema {
  /// A text that is one JSON value, which converters without schemas write as that value and not as a text of it: what
  /// `sluice.outbox.json=exact` makes of payloads.
  ///
  /// To a reader of schemas it is Debezium's JSON in a text. The parameter tells it from a column's text.
  public static func jsonDocument(isOptional: Bool = true) -> ConnectSchema {
    ConnectSchema(
      .string, isOptional: isOptional, name: "io.debezium.data.Json", version: 1, parameters: [exactJSON])
  }

  private static let exactJSON = ConnectParameter("sluice.outbox.json", "exact")

  public var isJSONDocument: Bool { !parameters.isEmpty && parameters == [ConnectSchema.exactJSON] }
}
