import Testing

@testable import RelayRuntime

@Suite struct ConnectorStatusTests {
  private func told(_ report: ConnectorStatus.Report) -> [String] {
    report.acknowledgedByTopic.map { "\($0.topic) \($0.count)" }
  }

  @Test func acknowledgedRecordsAreToldByTopicThroughEachLifeOfAConnector() {
    var report = ConnectorStatus.Report(name: "c")
    report.setAcknowledged([1, 0], topics: ["a", "b", "c"])
    #expect(told(report) == ["a 1", "b 0"])
    report.setAcknowledged([2, 0, 5], topics: ["a", "b", "c"])
    #expect(told(report) == ["a 2", "b 0", "c 5"])
    // The next life meets its topics in another order.
    report.setAcknowledged([7], topics: ["c", "a"])
    #expect(told(report) == ["c 7"])
    report.setAcknowledged([7, 8], topics: ["c", "a"])
    #expect(told(report) == ["c 7", "a 8"])
  }

  /// A list of thousands is not made anew ten times a second.
  @Test func theListIsChangedWhereItLies() {
    var report = ConnectorStatus.Report(name: "c")
    report.setAcknowledged([1, 1], topics: ["a", "b"])
    let before = unsafe report.acknowledgedByTopic.withUnsafeBytes { $0.baseAddress }
    report.setAcknowledged([2, 2], topics: ["a", "b"])
    #expect(unsafe report.acknowledgedByTopic.withUnsafeBytes { $0.baseAddress } == before)
  }
}
