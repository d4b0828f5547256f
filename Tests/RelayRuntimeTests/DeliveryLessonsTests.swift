import EventEncoding
import PgOutput
import Primitives
import Testing

@testable import RelayRuntime

/// What a connector learns of what Kafka refuses, and when it must stop instead.
@Suite struct DeliveryLessonsTests {
  private let here = LSN(rawValue: 100)
  private let there = LSN(rawValue: 900)

  private func lessons(tolerates: Bool = true) -> DeliveryLessons {
    DeliveryLessons(producer: [], deadLetterTopic: tolerates ? "letters" : nil)
  }

  private func refused(
    _ cause: RecordRefusal.Cause, topic: String = "t", bytes: Int = 10, isCertain: Bool = true,
    place: RecordPlace? = .inUnit(LSN(rawValue: 100), ordinal: 3)
  ) -> RefusedRecord {
    RefusedRecord(
      refusal: RecordRefusal(cause, "no"), topic: topic, bytes: bytes, isCertain: isCertain, place: place, origin: "o")
  }

  private func learn(_ lessons: inout DeliveryLessons, _ records: RefusedRecord...) -> String? {
    lessons.learn(records, stored: here, handedOver: there)
  }

  @Test(arguments: [true, false])
  func aBatchTooLargeIsMadeSmallerWhateverIsTolerated(tolerates: Bool) {
    var lessons = lessons(tolerates: tolerates)
    #expect(learn(&lessons, refused(.tooLarge, isCertain: false)) == nil)
    #expect(lessons.batching.bytesMax == 500_000)
  }

  @Test func withoutToleranceACertainRefusalStops() {
    for cause: RecordRefusal.Cause in [.tooLarge, .notAuthorized, .unknownTopic, .unknownPartition, .invalid] {
      var lessons = lessons(tolerates: false)
      #expect(learn(&lessons, refused(cause)) == "o, topic t: no")
    }
  }

  @Test func theLettersTopicRefusedStops() {
    for cause: RecordRefusal.Cause in [.notAuthorized, .unknownTopic, .invalid] {
      var lessons = lessons()
      #expect(learn(&lessons, refused(cause, topic: "letters")) != nil)
    }
  }

  @Test func oneOfABatchIsFoundBySendingSinglyUntilItIsPassed() {
    var lessons = lessons()
    #expect(learn(&lessons, refused(.invalid, isCertain: false)) == nil)
    #expect(lessons.batching.sendsSingly && lessons.singlyUntil == .init(position: there, needsSnapshot: false))
    #expect(learn(&lessons, refused(.invalid)) == nil)
    #expect(lessons.batching.sendsSingly)
    #expect(learn(&lessons) == nil)
    #expect(!lessons.batching.sendsSingly && lessons.singlyUntil == nil)
  }

  /// Else a first snapshot would be taken again and again.
  @Test func anInvalidRowOfASnapshotStopsAtOnce() {
    var lessons = lessons()
    #expect(learn(&lessons, refused(.invalid, place: nil)) != nil)
  }

  @Test func placesThatAreNotTheSameEachTimeStopInTheEnd() {
    var lessons = lessons()
    var attempts = 0
    while attempts < 1_000, learn(&lessons, refused(.unknownPartition)) == nil { attempts += 1 }
    #expect(attempts == 100)
  }

  /// What was refused is the batch: those beside the bad record are not letters, nor is the batch made smaller for each.
  @Test func aRefusedBatchIsOneRefusal() {
    var lessons = lessons()
    let records = (0..<200).map {
      refused(.invalid, isCertain: false, place: .inUnit(LSN(rawValue: 100), ordinal: $0))
    }
    #expect(lessons.learn(records, stored: here, handedOver: there) == nil)
    #expect(lessons.batching.sendsSingly)
    #expect(lessons.refusals.refusedPlaces == 0)
    let large = (0..<200).map { _ in refused(.tooLarge, isCertain: false) }
    #expect(lessons.learn(large, stored: here, handedOver: there) == nil)
    #expect(lessons.batching.bytesMax == 500_000)
  }

  @Test func allThatOneLifeFindsRefusedIsOneAttempt() {
    var lessons = lessons()
    let records = (0..<500).map { refused(.unknownPartition, place: .inUnit(LSN(rawValue: 100), ordinal: $0)) }
    #expect(lessons.learn(records, stored: here, handedOver: there) == nil)
    #expect(lessons.refusals.refusedPlaces == 500)
  }

  /// The log stands still meanwhile, and the snapshot does not.
  @Test func recordsThatAreNewEachTimeDoNotStop() {
    var lessons = lessons()
    for ordinal: UInt64 in 0..<500 {
      #expect(learn(&lessons, refused(.invalid, place: .inUnit(LSN(rawValue: 100), ordinal: ordinal))) == nil)
    }
  }

  /// No position tells when a chunk is passed.
  @Test func aRowOfAChunkIsSoughtUntilAChunkIsStored() throws {
    var lessons = lessons()
    let other = refused(.invalid, isCertain: false)
    let row = refused(.invalid, isCertain: false, place: .snapshotRow(Self.digest))
    #expect(learn(&lessons, other, row, other) == nil)
    #expect(lessons.singlyUntil == .init(position: there, needsSnapshot: true))
    // A later life has no snapshot whose end it could see stored.
    var later = lessons
    later.snapshotsAreStored()
    #expect(later.singlyUntil == .init(position: there, needsSnapshot: false))
    #expect(learn(&lessons) == nil)
    #expect(lessons.singlyUntil == nil)
  }

  private static let digest: RowDigest = {
    var tuple = TupleLayout()
    tuple.append(.text(0..<1))
    let bytes: [UInt8] = [1]
    return unsafe RowDigest(RelationOID(rawValue: 1), tuple, bytes.span.bytes)
  }()
}
