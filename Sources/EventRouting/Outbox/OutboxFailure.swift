/// Why a row of the outbox table cannot become an event. Names columns and options, never values.
public struct OutboxFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
