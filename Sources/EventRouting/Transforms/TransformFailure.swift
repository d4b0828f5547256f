/// Why a transform cannot take a record. Names fields, columns and options, never values.
public struct TransformFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
