/// A property in force and where its value is from, for a reader of `plan` or of the HTTP interface.
public struct EffectiveProperty: Sendable, Hashable {
  public enum Origin: Sendable, Hashable {
    /// Written in the file, line counted from 1.
    case file(line: Int)
    /// Written in the file as a reference that a config provider resolved.
    case provider(line: Int)
    case defaultValue
  }

  public let name: String
  public let value: ConfigText
  public let origin: Origin
}
