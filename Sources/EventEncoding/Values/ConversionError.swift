/// Why a column's text could not become a value. `offset` is the byte at which that was seen.
public struct ConversionError: Error, Equatable, Sendable {
  public enum Kind: Sendable, Equatable {
    /// Not what PostgreSQL prints for the type under the session settings that the relay pins.
    case malformed
    /// A value that the type of the event's field cannot hold.
    case outOfRange
    /// The field's type has nothing that stands for the value: NaN as an exact decimal, NULL as an enum's element.
    case noCounterpart
    /// Debezium makes a value that its own schema of the field then refuses.
    case refusedBySchema
    /// The value is null to Debezium, and the column is NOT NULL.
    case requiredValueIsNull
  }

  public var kind: Kind
  public var offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}
