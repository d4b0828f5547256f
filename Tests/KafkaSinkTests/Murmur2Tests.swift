import EmbeddedServers
import KafkaSink
import Primitives
import Testing

@Suite struct Murmur2Tests {
  /// Source: Apache Kafka, `UtilsTest.testMurmur2`.
  @Test(
    arguments: [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("a-little-bit-longer-string", -1_486_304_829),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ] as [(String, Int32)])
  func hashEqualsTheJavaClients(text: String, expected: Int32) {
    #expect(Murmur2.hash(utf8(text)) == expected)
  }

  @Test func negativeHashGivesAPartitionInRange() {
    #expect(Murmur2.hash(utf8("21")) < 0)
    // (-973932308 & 0x7fffffff) % 7
    #expect(Murmur2.partition(ofKey: utf8("21"), partitions: 7) == Int32((-973_932_308 & 0x7fff_ffff) % 7))
  }

  @Test func producerPutsKeysOnThePartitionsOfTheJavaClient() throws {
    let kafka = try EmbeddedKafka()
    try kafka.createTopic("keys", partitions: 7)
    var producer = try makeProducer(kafka)
    let topic = producer.topicIndex("keys")
    var record = EncodedRecord()
    // Lengths 0 to 40 pass through every branch of the hash's tail.
    let keys = (0...40).map { length in [UInt8]((0..<length).map { UInt8(($0 * 37 + length) % 256) }) }
    for (index, key) in keys.enumerated() {
      fill(&record, topic: topic, key: key, value: nil)
      #expect(try producer.enqueue(record, ticket: UInt(index)) == .accepted)
    }
    var partitions: [UInt: Int32] = [:]
    var events: [ClientEvent] = []
    let left = producer.drain(timeoutMilliseconds: 5000, events: &events) { ticket, result in
      if case .delivered(let partition, _) = result { partitions[ticket] = partition }
    }
    #expect(left == 0)
    for (index, key) in keys.enumerated() {
      #expect(partitions[UInt(index)] == Murmur2.partition(ofKey: key, partitions: 7))
    }
    #expect(Set(partitions.values).count > 3)
  }
}
