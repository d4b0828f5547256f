/// What a run wrote, counted as it went.
public struct WrittenRows: Sendable, Equatable {
  private var insertedByTable = Array(repeating: 0, count: BankTable.allCases.count)
  private var updatedByTable = Array(repeating: 0, count: BankTable.allCases.count)
  private var byEventType = Array(repeating: 0, count: EventType.allCases.count)
  /// Transactions by the status with which they were inserted.
  private var byStatus = Array(repeating: 0, count: TransactionStatus.allCases.count)
  private var changesByStatus = Array(repeating: 0, count: TransactionStatus.allCases.count)
  /// Transactions that were marked as anomalous.
  public internal(set) var anomalies = 0

  public init() {}

  public func inserted(_ table: BankTable) -> Int { insertedByTable[table.rawValue] }
  public func updated(_ table: BankTable) -> Int { updatedByTable[table.rawValue] }
  public func events(_ type: EventType) -> Int { byEventType[type.rawValue] }
  /// Transactions that were inserted with this status.
  public func opened(_ status: TransactionStatus) -> Int { byStatus[status.rawValue] }
  /// Transactions whose status changed to this one later.
  public func changed(to status: TransactionStatus) -> Int { changesByStatus[status.rawValue] }

  public var alerts: Int { inserted(.fraudAlerts) }
  public var transactionsOpened: Int { inserted(.transactions) }
  /// Transactions opened, settled and reversed: each is one database transaction with its events.
  public var businessTransactions: Int { transactionsOpened + changesByStatus.reduce(0, +) }
  public var rowsInserted: Int { insertedByTable.reduce(0, +) }
  public var rowsUpdated: Int { updatedByTable.reduce(0, +) }

  mutating func insert(_ table: BankTable, rows: Int = 1) { insertedByTable[table.rawValue] += rows }
  mutating func update(_ table: BankTable, rows: Int = 1) { updatedByTable[table.rawValue] += rows }

  mutating func event(_ type: EventType) {
    byEventType[type.rawValue] += 1
    insert(.outbox)
  }

  mutating func open(_ status: TransactionStatus) { byStatus[status.rawValue] += 1 }
  mutating func change(to status: TransactionStatus) { changesByStatus[status.rawValue] += 1 }

  public static func + (left: WrittenRows, right: WrittenRows) -> WrittenRows {
    func added(_ one: [Int], _ other: [Int]) -> [Int] { zip(one, other).map { $0 + $1 } }
    var sum = left
    sum.insertedByTable = added(left.insertedByTable, right.insertedByTable)
    sum.updatedByTable = added(left.updatedByTable, right.updatedByTable)
    sum.byEventType = added(left.byEventType, right.byEventType)
    sum.byStatus = added(left.byStatus, right.byStatus)
    sum.changesByStatus = added(left.changesByStatus, right.changesByStatus)
    sum.anomalies += right.anomalies
    return sum
  }
}
