import EmbeddedServers
import Foundation
import Testing

extension Integration {
  /// What Kafka refuses becomes a dead letter in its place, and `sluice replay` redelivers it in order after a mend.
  @Suite struct RefusedRecordTests {
    private static let large = String(repeating: "0123456789", count: 5_000)

    @Test(arguments: [false, true])
    func aRecordTooLargeIsALetterItsKeyWaitsAndReplayRedeliversInOrder(isExactlyOnce: Bool) async throws {
      let (first, second, third, report, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: isExactlyOnce)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"])
        var relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, 'a'), (2, 'a')")
        try bank.execute("UPDATE t SET note = '\(Self.large)' WHERE id = 1")
        try bank.execute("UPDATE t SET note = 'behind' WHERE id = 1; UPDATE t SET note = 'b' WHERE id = 2")
        try bank.settle(relay)
        let busy = try bank.replay()
        relay.kill()
        // What waits is remembered by the letters, not by the process.
        relay = try bank.start()
        try bank.execute("UPDATE t SET note = 'later' WHERE id = 1; UPDATE t SET note = 'c' WHERE id = 2")
        try bank.settle(relay)
        try relay.stop()
        let first = try bank.notes()
        try bank.write([:])
        let report = try bank.replay()
        let second = try bank.notes()
        let again = try bank.replay()
        let next = try bank.start()
        try bank.execute("UPDATE t SET note = 'last' WHERE id = 1")
        try bank.settle(next)
        try next.stop()
        return (first, second, try bank.notes(), [busy, report, again], relay.output + next.output)
      }
      #expect(first[1] == ["a"] && first[2] == ["a", "b", "c"], "\(output)")
      #expect(second[1]?.removingRepeats == ["a", Self.large, "behind", "later"], "\(report)\n\(output)")
      #expect(second[2] == ["a", "b", "c"])
      // The in-process broker forgets offsets that are committed in a transaction.
      if !isExactlyOnce { #expect(third[1]?.last == "last", "\(output)") }
      #expect(report[0].contains("75"), "\(report[0])")
      #expect(report[1].contains("records were redelivered") && report[1].hasSuffix("0"), "\(report[1])")
      if !isExactlyOnce { #expect(report[2].contains("no letters are outstanding"), "\(report[2])") }
      #expect(!output.contains("0123456789"), "row values are never logged")
    }

    /// What failed again stands at the end of the topic then, behind newer letters of its key.
    @Test func aReplayThatGoesOnAfterAKillKeepsTheOrderOfAKey() async throws {
      let count = 3_000
      let (notes, reports, lettersAtKill) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"])
        let relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, 'a'); UPDATE t SET note = '\(Self.large)'")
        try bank.execute("DO $$ BEGIN FOR i IN 1..\(count) LOOP UPDATE t SET note = i; END LOOP; END $$")
        try bank.settle(relay)
        try relay.stop()
        let killed = try RelayProcess(["replay"] + bank.files, directory: bank.postgres.directory)
        try waitUntil("letters are letters again\n\(killed.output)", within: .seconds(60)) {
          try bank.letters() > count + 1 + 600
        }
        killed.kill()
        let letters = try bank.letters()
        try bank.write([:])
        let reports = [try bank.replay(), try bank.replay(), try bank.replay()]
        return (try bank.notes(), reports, letters)
      }
      #expect(lettersAtKill < 2 * count)
      let repeated = notes[1] ?? []
      #expect(repeated.first == "a")
      let large = repeated.firstIndex(of: Self.large) ?? .max
      #expect(repeated.firstIndex { Int($0) != nil } ?? 0 > large, "\(reports)")
      #expect(repeated.last == "\(count)", "\(reports)")
    }

    /// Another snapshot would stand for what was not delivered yet, and shows nothing of a row that is gone.
    @Test func aConnectorThatStartsOverTakesNoSnapshotAgain() async throws {
      let (notes, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write([:], connector: ["snapshot.mode": "always"])
        let relay = try bank.start()
        bank.broker.kafka.failNext(.produce, with: [.messageTooLarge])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 500) i; DELETE FROM t")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), relay.output)
      }
      #expect(output.contains("starting over"))
      #expect(notes.count == 500, "\(output)")
    }

    @Test(arguments: [EmbeddedKafka.RequestError.messageTooLarge, .topicAuthorizationFailed])
    func aBrokersRefusalDoesNotLoseWhatIsBesideItInTheBatch(_ error: EmbeddedKafka.RequestError) async throws {
      let (notes, letters, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write([:])
        let relay = try bank.start()
        bank.broker.kafka.failNext(.produce, with: [error])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 500) i")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), try bank.letters(), relay.output)
      }
      if error == .messageTooLarge {
        // It was the batch that was too large: smaller ones are taken.
        #expect(Set(notes.keys) == Set(1...500) && letters == 0, "\(output)")
      } else {
        #expect(letters > 0 && notes.keys.count + letters >= 500, "\(output)")
      }
    }

    @Test func withoutToleranceTheConnectorStopsAndNamesTableKeyAndCause() async throws {
      let (status, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(["producer.max.request.size": "20000"], connector: ["errors.tolerance": "none"])
        let relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (1, '\(Self.large)')")
        var status: Int32?
        try waitUntil("the relay ends", within: .seconds(20)) {
          status = relay.poll()
          return status != nil
        }
        return (status, relay.output)
      }
      #expect(status == 70, "\(output)")
      #expect(
        output.contains("public.t") && output.contains("key id") && output.contains("max.request.size"), "\(output)")
    }

    /// A chunk's rows stand at no place of the log, and are read again after every start.
    @Test(arguments: [false, true])
    func whatIsRefusedOfAChunkIsALetterAndTheSnapshotGoesOn(isExactlyOnce: Bool) async throws {
      let count = 400
      let (notes, letters, mended, report, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: isExactlyOnce)
        defer { bank.postgres.stop(.immediate) }
        let settings = ["signal.data.collection": "public.signal", "incremental.snapshot.chunk.size": "150"]
        // About half the rows are for a partition that is not there.
        try bank.write(
          [:],
          connector: settings.merging([
            "transforms": "p", "transforms.p.type": "io.debezium.transforms.partitions.PartitionRouting",
            "transforms.p.partition.payload.fields": "change.id", "transforms.p.partition.topic.num": "2",
          ]) { $1 })
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, \(count)) i")
        try bank.execute("CREATE TABLE signal (id varchar(64) PRIMARY KEY, type varchar(32), data varchar(2048))")
        let relay = try bank.start()
        try bank.execute(
          #"INSERT INTO signal VALUES ('s', 'execute-snapshot', '{"data-collections": ["public.t"]}')"#)
        try waitUntil("all rows are records or letters\n\(relay.output)", within: .seconds(60)) {
          if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
          return try Set(bank.notes().keys).union(bank.letterIDs()).count == count
        }
        try bank.settle(relay)
        try relay.stop()
        let (notes, letters) = (try bank.notes(), try bank.letterIDs())
        try bank.write([:], connector: settings)
        let report = try bank.replay()
        return (notes, letters, try bank.notes(), report, relay.output)
      }
      #expect(notes.count > count / 4 && notes.count < count * 3 / 4, "\(output)")
      #expect(letters.isDisjoint(with: notes.keys), "\(output)")
      #expect(Set(mended.keys) == Set(1...count), "\(report)\n\(output)")
    }

    /// A broker says of a batch only that one record in it is invalid: which, shows when they are sent one by one, until a chunk
    /// or the whole snapshot is stored.
    @Test(arguments: ["INCREMENTAL", "BLOCKING"], [1, 2])
    func theOneInvalidRowOfASnapshotIsFound(type: String, refusals: Int) async throws {
      let count = 300
      let (notes, letters, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        let signals = bank.postgres.directory + "/signals"
        // Nothing is written beside the chunk, so that the refusals are of its rows.
        try bank.write(
          [:],
          connector: [
            "signal.enabled.channels": "file", "signal.file": signals, "signal.poll.interval.ms": "50",
            "read.only": "true",
          ])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, \(count)) i")
        let relay = try bank.start()
        bank.broker.kafka.failNext(.produce, with: Array(repeating: .invalidRecord, count: refusals))
        try #"{"id":"s","type":"execute-snapshot","data":{"data-collections":["public.t"],"type":"\#(type)"}}"#
          .write(toFile: signals, atomically: true, encoding: .utf8)
        try waitUntil("all is sent in batches again\n\(relay.output)", within: .seconds(60)) {
          if let status = relay.poll() { throw ProcessFailure("ended with status \(status)\n\(relay.output)") }
          return relay.output.contains("what was refused is passed")
        }
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), try bank.letterIDs(), relay.output)
      }
      #expect(Set(notes.keys).union(letters) == Set(1...count), "\(output)")
      // The second refusal is of one record, unless the rows went in two batches at first.
      #expect(letters.count < refusals, "\(letters)\n\(output)")
    }

    @Test func withoutToleranceARefusedRowOfAChunkStopsTheConnector() async throws {
      let (status, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: false)
        defer { bank.postgres.stop(.immediate) }
        try bank.write(
          [:],
          connector: [
            "errors.tolerance": "none", "signal.data.collection": "public.signal", "transforms": "p",
            "transforms.p.type": "io.debezium.transforms.partitions.PartitionRouting",
            "transforms.p.partition.payload.fields": "change.id", "transforms.p.partition.topic.num": "2",
          ])
        try bank.execute("INSERT INTO t SELECT i, 'n' FROM generate_series(1, 10) i")
        try bank.execute("CREATE TABLE signal (id varchar(64) PRIMARY KEY, type varchar(32), data varchar(2048))")
        let relay = try bank.start()
        try bank.execute(
          #"INSERT INTO signal VALUES ('s', 'execute-snapshot', '{"data-collections": ["public.t"]}')"#)
        var status: Int32?
        try waitUntil("the relay ends", within: .seconds(20)) {
          status = relay.poll()
          return status != nil
        }
        return (status, relay.output)
      }
      #expect(status == 70, "\(output)")
      #expect(output.contains("fin.public.t") && !output.contains("starting over"), "\(output)")
    }
  }
}

extension [String] {
  /// Without what stands twice in a row.
  fileprivate var removingRepeats: [String] {
    reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}
