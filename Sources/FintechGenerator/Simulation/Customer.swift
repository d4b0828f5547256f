/// A customer as the running stream needs it; what is written once only stands in `CustomerProfile`.
struct Customer: Sendable {
  let id: RowID
  /// Place in `City.all`.
  let city: Int
  var tier: CustomerTier
  /// This customer's own distance from the tier's base risk; stays when the tier changes.
  let riskDeviationHundredths: Int
  var riskHundredths: Int
  let phone: Device
  let computer: Device
  let address: HostAddress
  /// Places in the stream's accounts; the first one is for everyday use.
  let accounts: Range<Int>
  var transactionsToday = 0
  var mobileSession: Session?
  var webSession: Session?
}

/// What the bank knows about a customer from the first day and never changes.
struct CustomerProfile: Sendable {
  let firstName: StaticString
  let lastName: StaticString
  let email: [UInt8]
  /// `nil` for the few who gave none.
  let phoneNumber: [UInt8]?
  let dateOfBirth: CalendarDay
  /// JSON object.
  let postalAddress: [UInt8]
  /// 300…850; `nil` where none was asked for.
  let creditScore: Int?
  let isVerified: Bool
}

/// A visit of a customer to the bank's app or site.
struct Session: Sendable {
  let id: RowID
  let channel: Network
  let device: Device
  let address: HostAddress
  let city: Int
  let startedAt: SimulatedTime
  var lastActionAt: SimulatedTime
  var actionsCount: Int

  /// A session ends this long after its last action.
  static let idleMicrosecondsMax: Int64 = 30 * 60 * 1_000_000

  var endsAt: SimulatedTime { lastActionAt.adding(microseconds: Session.idleMicrosecondsMax) }
}
