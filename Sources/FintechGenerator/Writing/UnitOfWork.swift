import PostgresSource

/// One database transaction on its way: its statements, and the row whose presence proves that it was committed.
final class UnitOfWork {
  /// A row that this transaction, and none before it, inserts.
  struct Proof {
    let table: BankTable
    let id: RowID
  }

  let calls = StatementCalls()
  /// `nil` where writing it twice does no harm.
  var proof: Proof?

  func removeAll() {
    calls.removeAll()
    proof = nil
  }
}
