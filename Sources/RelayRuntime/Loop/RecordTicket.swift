import Acknowledgement

/// What travels with a record through the producer: the ledger's unit and the record's place there, by the bits that tell
/// those in flight apart, and the topic for counting. A topic beyond 16 bits is counted under the last number.
package struct RecordTicket: Equatable {
  private static let partBits: UInt64 = 24
  /// Fewer than this are in flight of units (`RelayLimits.unitsInFlightMax`) and of records: the producer's queue is bounded
  /// far below.
  static let partMask: UInt64 = (1 << partBits) - 1

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(unit: InFlightLedger.Ticket, ordinal: UInt64, topic: Int) {
    let place = unit.rawValue & RecordTicket.partMask | (ordinal & RecordTicket.partMask) << RecordTicket.partBits
    // The last number of all is the state record's (`ConnectorProducer`).
    rawValue = place | UInt64(min(topic, 0xFFFE)) << (2 * RecordTicket.partBits)
  }

  /// Whether two tickets in flight are of one unit.
  package static func areOfOneUnit(_ first: UInt64, _ second: UInt64) -> Bool { (first ^ second) & partMask == 0 }

  func unit(in ledger: InFlightLedger) -> InFlightLedger.Ticket {
    ledger.ticket(endingWith: rawValue & RecordTicket.partMask, mask: RecordTicket.partMask)
  }

  func ordinal(in ledger: InFlightLedger) -> UInt64? {
    ledger.ordinal(
      of: unit(in: ledger), endingWith: rawValue >> RecordTicket.partBits & RecordTicket.partMask,
      mask: RecordTicket.partMask)
  }

  var topic: Int { Int(rawValue >> (2 * RecordTicket.partBits)) }
}
