import Foundation
import PostgresSource
import Synchronization

/// Writes known rows on a connection of its own until it is stopped. Each transaction gives some of its keys their next
/// version, in `public.item` and as events in `public.outbox`; some are rolled back, whole or to a savepoint.
///
/// When the server goes away it connects again and asks what became of the last transaction.
final class LoadWriter: Sendable {
  private struct State {
    var isStopping = false
    var isDone = false
    var committed: [Int: Int] = [:]
    var transactions = 0
    var failure: String?
  }

  private let settings: ConnectionSettings
  private let keys: Range<Int>
  private let pauseMicroseconds: UInt32
  private let state = Mutex(State())

  init(_ settings: ConnectionSettings, keys: Range<Int>, seed: UInt64, pauseMicroseconds: UInt32) {
    self.settings = settings
    self.keys = keys
    self.pauseMicroseconds = pauseMicroseconds
    let thread = Thread { [self] in
      do {
        try write(SeededNumbers(seed: seed))
      } catch {
        state.withLock { $0.failure = "\(error)" }
      }
      state.withLock { $0.isDone = true }
    }
    thread.start()
  }

  /// The newest version that each key was committed with.
  func stop() throws -> [Int: Int] {
    state.withLock { $0.isStopping = true }
    try waitUntil("the writer stops", within: .seconds(30)) { state.withLock { $0.isDone } }
    let (failure, committed) = state.withLock { ($0.failure, $0.committed) }
    if let failure { throw ProcessFailure("the writer failed: \(failure)") }
    return committed
  }

  var transactions: Int { state.withLock { $0.transactions } }

  private func write(_ seeded: SeededNumbers) throws {
    var numbers = seeded
    var versions: [Int: Int] = [:]
    var isUncertain = false
    while !state.withLock({ $0.isStopping }) || isUncertain {
      do {
        let connection = try PostgresConnection(settings)
        // After a lost connection the database alone knows whether the last commit happened.
        for row in try connection.query("SELECT key, version FROM item").rows {
          guard let key = row[0].flatMap({ Int($0) }), let version = row[1].flatMap({ Int($0) }) else { continue }
          if keys.contains(key) { versions[key] = version }
        }
        isUncertain = false
        state.withLock { $0.committed = versions }
        while !state.withLock({ $0.isStopping }) {
          try transaction(connection, &numbers, &versions)
          usleep(pauseMicroseconds)
        }
      } catch let error as PostgresError where Self.isPassing(error) {
        isUncertain = true
        usleep(20_000)
      }
    }
  }

  private func transaction(
    _ connection: borrowing PostgresConnection, _ numbers: inout SeededNumbers, _ versions: inout [Int: Int]
  ) throws {
    var next = versions
    var sql = "BEGIN;"
    for _ in 0..<(1 + numbers.below(3)) {
      let key = keys.lowerBound + numbers.below(keys.count)
      let item = Item(key: key, version: (next[key] ?? 0) + 1)
      sql += Self.statements(item)
      next[key] = item.version
      if numbers.below(8) == 0 {
        sql += "SAVEPOINT s;" + Self.statements(Item(key: key, version: Item.rolledBackVersion)) + "ROLLBACK TO s;"
      }
    }
    if numbers.below(6) == 0 {
      let key = keys.lowerBound + numbers.below(keys.count)
      try connection.execute("BEGIN;" + Self.statements(Item(key: key, version: Item.rolledBackVersion)) + "ROLLBACK")
    }
    try connection.execute(sql + "COMMIT")
    versions = next
    state.withLock {
      $0.committed = next
      $0.transactions += 1
    }
  }

  private static func statements(_ item: Item) -> String {
    """
    INSERT INTO item VALUES (\(item.key), \(item.version))
      ON CONFLICT (key) DO UPDATE SET version = excluded.version;
    INSERT INTO outbox (id, aggregate_type, aggregate_id, event_type, payload) VALUES
      (gen_random_uuid(), 'item', '\(item.key)', 'item.changed', '{"key": \(item.key), "version": \(item.version)}');
    """
  }

  /// No connection, or a server that is stopping, starting or recovering.
  private static func isPassing(_ error: PostgresError) -> Bool {
    error.sqlState.isEmpty || error.sqlState.hasPrefix("57") || error.sqlState.hasPrefix("08")
  }
}

/// The same numbers from the same seed (SplitMix64, Steele et al. 2014).
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
