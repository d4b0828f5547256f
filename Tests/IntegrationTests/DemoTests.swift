import Foundation
import Testing

/// The demo as a stranger runs it: the program itself, with nothing but its own servers.
@Suite(.serialized)
struct DemoTests {
  /// What a run of the program left behind.
  private struct Run {
    var status: Int32
    var output: String
    var diagnostics: String
    /// Temporary directories that it made and did not remove.
    var leftDirectories: [String]
  }

  /// Runs to the end, or sends a signal when the diagnostics first contain `text`.
  private func demo(_ arguments: [String], signal: (number: Int32, at: String)? = nil) async throws -> Run {
    let program = try #require(SluiceProgram.url, "the program sluice is not built")
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "sluice-demo-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // The server's account must be able to reach its directory below.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let outputFile = folder.appending(path: "output")
    let diagnosticsFile = folder.appending(path: "diagnostics")
    for file in [outputFile, diagnosticsFile] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }

    let process = Process()
    process.executableURL = program
    process.arguments = ["demo"] + arguments
    process.currentDirectoryURL = SluiceProgram.repositoryFolder
    // Its own temporary folder, so that what it leaves is told from what other runs have.
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: diagnosticsFile)
    try process.run()
    func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
    let deadline = ContinuousClock.now + .seconds(120)
    var isSignalled = false
    while process.isRunning {
      if let signal, !isSignalled, text(diagnosticsFile).contains(signal.at) {
        kill(process.processIdentifier, signal.number)
        isSignalled = true
      }
      if ContinuousClock.now > deadline {
        kill(process.processIdentifier, SIGKILL)
        Issue.record("the demo did not end: \(text(diagnosticsFile).suffix(2_000))")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    var left: [String] = []
    // A killed demo's directory is removed by its guardian, a moment later.
    for _ in 0..<100 {
      left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("sluice-") }
      if left.isEmpty { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    return Run(
      status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
      output: text(outputFile), diagnostics: text(diagnosticsFile), leftDirectories: left)
  }

  @Test func shortDemoAccountsForEveryRow() async throws {
    let run = try await demo(["--duration", "3s", "--seed", "7", "--customers", "100", "--rate", "100"])
    #expect(run.status == 0, "\(run.diagnostics)")
    #expect(run.leftDirectories.isEmpty)
    let verdict = try #require(run.output.split(separator: "\n").last, "\(run.diagnostics)")
    let figures = try #require(verdict.wholeMatch(of: #/Written ([0-9,]+), acknowledged \1, read back \1, missing 0/#))
    #expect(figures.1 != "0")
    #expect(run.output.contains("Money check: balances ="))
    // Both ways into a topic are seen: the snapshot's rows, and more records than those.
    let line = try #require(run.output.split(separator: "\n").first { $0.hasPrefix("fintech-main-connector") })
    let counts = line.split(separator: " ").compactMap { Int($0.filter { $0 != "," }) }
    #expect(counts.count >= 2 && counts[0] > 100 && counts[1] > counts[0], "\(line)")
    #expect((run.output + run.diagnostics).contains("in memory, for demo and tests only"))
    // Without a terminal: lines, and no control sequence.
    #expect(run.diagnostics.contains(" streaming; ") || run.diagnostics.contains("opening the bank; "))
    #expect(!(run.output + run.diagnostics).contains("\u{1B}"))
  }

  @Test func interruptedDemoStillDeliversEverything() async throws {
    let run = try await demo(["--customers", "100", "--rate", "100"], signal: (SIGINT, " streaming; "))
    #expect(run.status == 0, "\(run.diagnostics)")
    #expect(run.output.contains("missing 0"))
    #expect(run.leftDirectories.isEmpty)
  }

  @Test func killedDemoLeavesNothingBehind() async throws {
    let run = try await demo(["--customers", "100"], signal: (SIGKILL, " streaming; "))
    #expect(run.status == 128 + SIGKILL)
    #expect(run.leftDirectories.isEmpty)
  }

  @Test func folderWithoutConnectorFilesIsNamed() async throws {
    let run = try await demo(["--directory", "/nonexistent"])
    #expect(run.status == 78)
    #expect(run.diagnostics.contains("/nonexistent lacks /nonexistent/connectors/worker.properties"))
  }
}
