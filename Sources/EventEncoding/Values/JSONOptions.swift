/// Settings of Connect's JsonConverter that change how a value is written.
public struct JSONOptions: Sendable, Equatable {
  /// `decimal.format`
  public enum DecimalFormat: String, Sendable, CaseIterable {
    case base64 = "BASE64"
    case numeric = "NUMERIC"
  }

  public var decimalFormat: DecimalFormat
  /// `replace.null.with.default`: a null in a field with a default is written as the default.
  public var replacesNullWithDefault: Bool
  /// Text under `ConnectSchema.jsonDocument` is written as the JSON that it holds: where no schema goes with it.
  var embedsDocuments = false

  public init(decimalFormat: DecimalFormat = .base64, replacesNullWithDefault: Bool = true) {
    self.decimalFormat = decimalFormat
    self.replacesNullWithDefault = replacesNullWithDefault
  }
}
