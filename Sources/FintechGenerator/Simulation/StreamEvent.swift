/// What a stream does next; each is one database transaction.
enum StreamEvent: Sendable {
  /// A transaction is made, with all that belongs to it.
  case opened(OpenedTransaction)
  /// A PENDING one becomes COMPLETED or FAILED, or a COMPLETED one REVERSED.
  case changed(StatusChange)
  /// Sessions that were idle for too long.
  case sessionsEnded([Session])
  /// Two customers of neighbouring tiers change places, so that the tiers' shares stay.
  case tiersChanged([TierChange], at: SimulatedTime)
  /// One quote of each symbol.
  case quoted([MarketWalk.Quote], at: SimulatedTime)
}

struct OpenedTransaction: Sendable {
  let transaction: BankTransaction
  /// `nil` where the transaction failed.
  let movement: BalanceMovement?
  let alert: FraudAlert?
  let session: SessionChange?
}

enum SessionChange: Sendable {
  case opened(Session)
  case extended(Session)
}

struct StatusChange: Sendable {
  /// With its new status.
  let transaction: BankTransaction
  let previousStatus: TransactionStatus
  let movement: BalanceMovement
  let at: SimulatedTime
}

struct TierChange: Sendable {
  let customer: Int
  let previousTier: CustomerTier
  let tier: CustomerTier
  let previousRiskHundredths: Int
  let riskHundredths: Int
}
