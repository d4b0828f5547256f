import CRdkafka
import Primitives
import Testing

@testable import KafkaSink

@Suite struct HeaderListsTests {
  private let context: [(String, [UInt8]?)] = [("name", utf8("bank")), ("task", utf8("0")), ("null", nil), ("e", [])]

  private func record(_ headers: [(String, [UInt8]?)], behind value: String = "") -> EncodedRecord {
    var record = EncodedRecord()
    fill(&record, topic: 0, key: nil, value: utf8(value), headers: headers)
    return record
  }

  private func content(of list: OpaquePointer?) -> [KafkaRecord.Header] {
    var headers: [KafkaRecord.Header] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
      headers.append(
        KafkaRecord.Header(
          name: String(cString: name!), value: value.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) }))
    }
    return headers
  }

  private func expected(_ headers: [(String, [UInt8]?)]) -> [KafkaRecord.Header] {
    headers.map { KafkaRecord.Header(name: $0.0, value: $0.1) }
  }

  @Test func oneListServesAllRecordsWithTheSameHeaders() {
    var lists = HeaderLists()
    let first = lists.lend(for: record(context))
    #expect(content(of: first.list) == expected(context))
    let second = lists.lend(for: record(context, behind: "elsewhere in the record"))
    #expect(second.list == first.list && lists.sharedCount == 2)
    lists.takeBack(first)
    #expect(content(of: second.list) == expected(context))
    lists.takeBack(second)
    #expect(lists.sharedCount == 0)
    let third = lists.lend(for: record(context, behind: "x"))
    #expect(third.list == first.list)
    lists.takeBack(third)
  }

  @Test func otherHeadersNeverGetAKeptList() {
    var lists = HeaderLists()
    let kept = lists.lend(for: record(context))
    var others: [[(String, [UInt8]?)]] = [
      context + [("more", nil)], Array(context.dropLast()), context.reversed(), [("name", utf8("bank"))],
    ]
    for index in context.indices {
      var other = context
      other[index].1 = utf8("other")
      others.append(other)
      other = context
      other[index].0 += "x"
      others.append(other)
    }
    // The bytes of these are the same, and only the places differ.
    others.append([("name", utf8("bank")), ("task", utf8("0")), ("null", []), ("e", nil)])
    for other in others {
      let lent = lists.lend(for: record(other))
      #expect(content(of: lent.list) == expected(other))
      #expect(lent.mark == 0 && lent.list != kept.list)
      lists.takeBack(lent)
    }
    #expect(lists.lend(for: record([])).list == nil)
    let same = lists.lend(for: record(context))
    #expect(same.list == kept.list && content(of: same.list) == expected(context))
    lists.takeBack(same)
    lists.takeBack(kept)
    #expect(lists.sharedCount == 0)
  }

  @Test func headersThatHaveChangedForGoodAreKeptInTheirTurn() {
    var lists = HeaderLists()
    let old = lists.lend(for: record(context))
    let changed: [(String, [UInt8]?)] = [("name", utf8("shop"))]
    var lent = lists.lend(for: record(changed))
    var strangers = 0
    while lists.sharedCount == 1, strangers < 1_000 {
      lists.takeBack(lent)
      strangers += 1
      lent = lists.lend(for: record(changed))
    }
    #expect((50...100).contains(strangers))
    // Records have the old list still, and it stays theirs.
    let next = lists.lend(for: record(changed))
    #expect(next.list == lent.list && content(of: next.list) == expected(changed))
    #expect(content(of: old.list) == expected(context) && lists.sharedCount == 3)
    lists.destroyUnlessShared(old.list)
    #expect(content(of: old.list) == expected(context))
    for taken in [old, lent, next] { lists.takeBack(taken) }
    #expect(lists.sharedCount == 0)
  }

  @Test(arguments: [0, 2, 4]) func headersOfTheirOwnForEachRecordAreRight(place: Int) {
    var lists = HeaderLists()
    var out: [HeaderLists.Lent] = []
    var again = 0
    for index in 0..<20_000 {
      var own = context
      own.insert(("id", index % 7 == 0 ? nil : utf8("\(index)")), at: place)
      own.append(("type", utf8("\(index % 3)")))
      let lent = lists.lend(for: record(own, behind: "\(index)"))
      #expect(content(of: lent.list) == expected(own))
      if lent.mark != 0 { again += 1 }
      out.append(lent)
      if out.count > 10 { lists.takeBack(out.removeFirst()) }
    }
    #expect(again > 19_000)
    for lent in out { lists.takeBack(lent) }
  }

  @Test func headersOfABlockAreKnownByIt() {
    let blocks = [context, [("name", utf8("other"))] + context.dropFirst()].map { HeaderBlock(of: record($0)) }
    let contents = [context, [("name", utf8("other"))] + context.dropFirst()]
    var lists = HeaderLists()
    var again = 0
    var next = EncodedRecord()
    for index in 0..<2_000 {
      // Each for a while, with and without a header of its own, and now and then the other.
      let which = index / 500 % 2 ^ (index % 40 == 0 ? 1 : 0)
      var own: [(String, [UInt8]?)] = []
      if index / 1_000 == 1 { own = [("id", utf8("\(index)"))] }
      next.begin(with: blocks[which])
      for (name, value) in own {
        let start = next.bytes.count
        next.bytes.append(Array(name.utf8) + [0] + value!)
        let nameEnd = start + name.utf8.count
        next.headers.append(.init(name: start..<nameEnd, value: nameEnd + 1..<next.bytes.count))
      }
      let lent = lists.lend(for: next)
      #expect(content(of: lent.list) == expected(contents[which] + own))
      if lent.mark != 0 { again += 1 }
      lists.takeBack(lent)
      next.clear()
    }
    #expect(again > 1_000)
  }

  /// A header that is replaced is found by its name.
  @Test func namesThatComeTwiceAreNotReplaced() {
    var lists = HeaderLists()
    for index in 0..<1_000 {
      let own = [("id", utf8("\(index)"))] + context + [("id", utf8("x\(index)"))]
      let lent = lists.lend(for: record(own))
      #expect(content(of: lent.list) == expected(own))
      lists.takeBack(lent)
    }
  }

  @Test func headersThatStopVaryingAndOthersInBetweenAreRight() {
    var lists = HeaderLists()
    for index in 0..<20_000 {
      var own = context
      if index / 300 % 3 != 0 { own.append(("id", utf8("\(index / 300 % 3 == 1 ? index : 5)"))) }
      if index % 11 == 0 { own[0].1 = utf8("other") }
      let lent = lists.lend(for: record(own))
      #expect(content(of: lent.list) == expected(own))
      lists.takeBack(lent)
    }
    #expect(lists.sharedCount == 0)
  }

  /// librdkafka compares names up to their first zero byte.
  @Test func namesWithZeroBytesAreNotReplaced() {
    var lists = HeaderLists()
    for index in 0..<1_000 {
      let own = [("a", utf8("constant")), ("a\u{0}b", utf8("\(index)"))]
      let lent = lists.lend(for: record(own))
      #expect(rd_kafka_header_cnt(lent.list) == 2)
      lists.takeBack(lent)
    }
  }

  /// Values lie in front of their names there, so such a record cannot be kept; what is kept must stay right.
  @Test func recordThatLiesOtherwiseLeavesWhatIsReplacedAsItIs() {
    var lists = HeaderLists()
    let first = context + [("id", utf8("first"))]
    lists.takeBack(lists.lend(for: record(first)))
    for index in 0..<1_000 {
      let own = context + [("id", utf8("\(index)"))]
      lists.takeBack(lists.lend(for: record(own)))
    }
    var backwards = EncodedRecord()
    for (name, value) in first {
      let value = value.map { value in
        let start = backwards.bytes.count
        backwards.bytes.append(value)
        return start..<backwards.bytes.count
      }
      let start = backwards.bytes.count
      backwards.bytes.append(utf8(name))
      let range = start..<backwards.bytes.count
      backwards.bytes.append(0)
      backwards.headers.append(EncodedRecord.Header(name: range, value: value))
    }
    for _ in 0..<5_000 {
      let lent = lists.lend(for: backwards)
      #expect(content(of: lent.list) == expected(first))
      lists.takeBack(lent)
    }
    let lent = lists.lend(for: record(first))
    #expect(content(of: lent.list) == expected(first))
    lists.takeBack(lent)
  }
}
