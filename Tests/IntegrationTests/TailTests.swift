import EmbeddedServers
import Foundation
import KafkaSink
import Primitives
import Testing

/// `sluice tail` against a broker.
@Suite(.serialized)
struct TailTests {
  /// Runs the program and returns its exit code, standard output and standard error.
  private func tail(_ arguments: [String]) async throws -> (status: Int32, output: String, diagnostics: String) {
    let program = try #require(SluiceProgram.url, "the program sluice is not built")
    let process = Process()
    process.executableURL = program
    process.arguments = ["tail"] + arguments
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    let diagnostics = Pipe()
    process.standardOutput = output
    process.standardError = diagnostics
    try process.run()
    let deadline = ContinuousClock.now + .seconds(60)
    while process.isRunning {
      if ContinuousClock.now > deadline {
        kill(process.processIdentifier, SIGKILL)
        Issue.record("tail did not end")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    // Few events: a pipe holds them all.
    return (
      process.terminationStatus, String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
      String(decoding: diagnostics.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    )
  }

  private func produce(_ values: [(topic: String, key: String, value: String)], to servers: String) throws {
    var producer = try KafkaProducer(properties: [(name: "bootstrap.servers", value: servers)])
    for (ticket, value) in values.enumerated() {
      var record = EncodedRecord()
      record.topic = producer.topicIndex(value.topic)
      record.bytes.append(Array(value.key.utf8))
      record.key = 0..<value.key.utf8.count
      record.bytes.append(Array(value.value.utf8))
      record.value = value.key.utf8.count..<value.key.utf8.count + value.value.utf8.count
      #expect(try producer.enqueue(record, ticket: UInt(ticket)) == .accepted)
    }
    var events: [ClientEvent] = []
    var delivered = 0
    _ = producer.drain(timeoutMilliseconds: 10_000, events: &events) { _, _ in delivered += 1 }
    #expect(delivered == values.count)
  }

  @Test func eventsComeAsJSONLinesFromTopicsByPattern() async throws {
    let kafka = try EmbeddedKafka()
    try produce(
      [
        ("bank.events.paid", "k1", #"{ "amount": 1.50, "to": "Łódź\n\u001b[31m" }"#), ("bank.rows", "k2", "not json"),
        ("other", "k3", "{}"),
      ], to: kafka.bootstrapServers)
    let run = try await tail([
      "--bootstrap-servers", kafka.bootstrapServers, "--from", "beginning", "--count", "2", "--json", "bank.*",
    ])
    #expect(run.status == 0, "\(run.diagnostics)")
    let lines = run.output.split(separator: "\n").sorted()
    try #require(lines.count == 2)
    #expect(lines[0].hasPrefix(#"{"topic":"bank.events.paid","partition":"#))
    #expect(lines[0].contains(#""key":"k1","value":{"amount":1.50,"to":"Łódź\n\u001b[31m"},"headers":{}}"#))
    #expect(lines[1].contains(#""key":"k2","value":"not json""#))
  }

  @Test func eventsForPeopleCarryNoControlCharacter() async throws {
    let kafka = try EmbeddedKafka()
    try produce([("bank.events.paid", "k", "{\"to\":\"a\\u001b[31m\\nŁ\"}")], to: kafka.bootstrapServers)
    let run = try await tail([
      "--bootstrap-servers", kafka.bootstrapServers, "--from", "beginning", "--count", "1", "bank.events.paid",
    ])
    #expect(run.status == 0, "\(run.diagnostics)")
    let lines = run.output.split(separator: "\n")
    try #require(lines.count == 2)
    #expect(lines[0].hasSuffix("bank.events.paid  event  k"))
    #expect(lines[1] == "  to=a␛[31m␊Ł")
  }

  @Test func silentBrokerEndsItWithCode69() async throws {
    let run = try await tail(["--bootstrap-servers", "127.0.0.1:1", "any"])
    #expect(run.status == 69)
    #expect(run.diagnostics.contains("no broker answers at 127.0.0.1:1"))
  }
}
