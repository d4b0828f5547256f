import Acknowledgement

/// What travels with a record through the producer: the ledger's unit, and the topic for counting. 48 bits of unit are
/// enough for a century at ten million transactions a second; a topic beyond 16 bits is counted under the last number.
struct RecordTicket: Equatable {
  private static let unitBits: UInt64 = 48
  private static let unitMask: UInt64 = (1 << unitBits) - 1

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(unit: InFlightLedger.Ticket, topic: Int) {
    precondition(unit.rawValue <= RecordTicket.unitMask)
    rawValue = unit.rawValue | UInt64(min(topic, 0xFFFF)) << RecordTicket.unitBits
  }

  var unit: InFlightLedger.Ticket { InFlightLedger.Ticket(rawValue: rawValue & RecordTicket.unitMask) }
  var topic: Int { Int(rawValue >> RecordTicket.unitBits) }
}
