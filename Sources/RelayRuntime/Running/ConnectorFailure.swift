import PostgresSource
import Primitives

/// Why a connector ended, for log, status and exit code.
public struct ConnectorFailure: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// Something the operator set, or must set.
    case configuration
    /// A server that cannot be reached: tried again by the connector itself.
    case unreachable
    /// The slot is in use and `--no-wait` was given.
    case slotBusy
    /// What the stream holds cannot be delivered, or a fault of our own.
    case delivery
    /// Exactly once: a change cannot be delivered, and others before it wait in the same Kafka transaction.
    case undelivered
    /// Exactly once: another producer has this connector's transactional id.
    case fenced
    /// Kafka refuses records that the connector has handed over up to here; from the stored position on it can do better.
    case refused([RefusedRecord], stored: LSN, handedOver: LSN)
    /// Exactly once: nothing has failed, but what is not committed comes again from the stored position.
    case startsAgain
    /// Asked to stop.
    case stopped
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  init(postgres error: PostgresError, doing what: String) {
    self.init(source: ErrorPolicy.sourceError(error), doing: what)
  }

  init(source error: SourceError, doing what: String) {
    let kind: Kind =
      switch error.remedy {
      case .reconnect, .reconnectWithoutStreaming, .startAgain: .unreachable
      case .waitForSlot, .startOver: .slotBusy
      case .stop: .configuration
      }
    self.init(kind, "\(what): \(error.description)")
  }

  init(_ error: StateStoreError) {
    let kind: Kind = error.isOvertaken ? .slotBusy : error.isTransient ? .unreachable : .configuration
    self.init(kind, "state record: \(error)")
  }

  init(_ failure: RelayFailure) {
    switch failure {
    case .source(let error): self.init(source: error, doing: "replication stream")
    case .sink(let error) where error.remedy == .startOver: self.init(.unreachable, error.description)
    case .sink(let error) where error.remedy == .standAside: self.init(.fenced, error.description)
    case .pipeline, .sink, .record, .refused: self.init(.delivery, failure.description)
    }
  }
}
