import Testing

/// Gives a suite a server of its own, `TestServer.current`, stopped when the suite ends.
struct PostgresTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let server = try await TestServer.start()
    defer { server.stop() }
    try await TestServer.$running.withValue(server, operation: function)
  }
}

extension Trait where Self == PostgresTrait {
  static var postgres: PostgresTrait { PostgresTrait() }
}

extension TestServer {
  @TaskLocal static var running: TestServer?

  static var current: TestServer {
    get throws { try #require(running) }
  }
}
