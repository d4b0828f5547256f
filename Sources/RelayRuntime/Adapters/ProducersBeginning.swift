import Synchronization

/// The producers that wait for the brokers' answer to `init_transactions` in this process. A connector that is stopped leaves
/// such a call behind, and the brokers may take it after that of the connector's next life, which would then be fenced.
final class ProducersBeginning: Sendable {
  struct Identity: Hashable, Sendable {
    let brokers: String
    let transactionalID: String
  }

  static let ofProcess = ProducersBeginning()

  private let identities = Mutex<Set<Identity>>([])

  /// `false` where an earlier call has not ended.
  func enter(_ identity: Identity) -> Bool { identities.withLock { $0.insert(identity).inserted } }

  func leave(_ identity: Identity) { identities.withLock { _ = $0.remove(identity) } }
}
