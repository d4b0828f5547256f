import Logging
import Synchronization

/// The relay's log beside a drawn screen: the newest warning or error is kept for it, and nothing is printed over it.
final class DemoLog: Sendable {
  private let newest = Mutex<String?>(nil)

  var newestWarning: String? { newest.withLock { $0 } }

  func makeLogger() -> Logger { Logger(label: "sluice") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: DemoLog
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    init(log: DemoLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let connector = metadata["connector"].map { "\($0): " } ?? ""
      let text = connector + event.message.description
      log.newest.withLock { $0 = text }
    }
  }
}
