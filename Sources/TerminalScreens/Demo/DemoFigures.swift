/// What the demo's screen shows at one moment.
public struct DemoFigures: Sendable {
  public struct Connector: Sendable {
    public var name: String
    public var state: String
    public var acknowledged: UInt64
    public var ratePerSecond: Double
    /// Commit to acknowledgement; `nil` before the first transaction.
    public var latency: (p50Microseconds: UInt64, p99Microseconds: UInt64)?
    public var lagBytes: UInt64

    public init(
      name: String, state: String, acknowledged: UInt64, ratePerSecond: Double,
      latency: (p50Microseconds: UInt64, p99Microseconds: UInt64)?, lagBytes: UInt64
    ) {
      self.name = name
      self.state = state
      self.acknowledged = acknowledged
      self.ratePerSecond = ratePerSecond
      self.latency = latency
      self.lagBytes = lagBytes
    }
  }

  public struct Topic: Sendable {
    public var name: String
    public var count: Int
    public var ratePerSecond: Double

    public init(name: String, count: Int, ratePerSecond: Double) {
      self.name = name
      self.count = count
      self.ratePerSecond = ratePerSecond
    }
  }

  /// One event in readable form.
  public struct Event: Sendable {
    public var time: String
    public var kind: String
    public var subject: String
    public var key: String
    public var summary: String

    public init(_ record: EventRecord, offsetSeconds: Int) {
      let content = EventContent(record)
      time =
        record.timestampMilliseconds.map {
          FigureText.timeOfDay(unixMilliseconds: $0, offsetSeconds: offsetSeconds)
        } ?? ""
      kind = content.kind
      subject = DisplayText.visible(content.subject)
      key = KeyText.short(record.key)
      summary = EventSummary.text(content)
    }
  }

  /// What goes on just now, in a few words.
  public var phase = ""
  /// Since the bank opened for business; 0 before.
  public var elapsedSeconds = 0.0
  /// How long it is to last; `nil` until someone ends it.
  public var totalSeconds: Double?
  public var database = ""
  public var broker = ""
  /// Command line that shows the events in another terminal.
  public var watchCommand = ""
  /// The generator's figures.
  public var bank = ""
  public var connectors: [Connector] = []
  /// Topics of captured tables.
  public var tableTopics: [Topic] = []
  /// Topics of outbox events.
  public var eventTopics: [Topic] = []
  /// Oldest first.
  public var events: [Event] = []
  /// Newest warning or error of the log.
  public var warning: String?
  public var isEnding = false

  public init() {}

  public var delivered: Int { (tableTopics + eventTopics).reduce(0) { $0 + $1.count } }
  public var ratePerSecond: Double { (tableTopics + eventTopics).reduce(0) { $0 + $1.ratePerSecond } }

  var clock: String {
    let elapsed = FigureText.duration(seconds: elapsedSeconds)
    return totalSeconds.map { "\(elapsed) of \(FigureText.duration(seconds: $0))" } ?? elapsed
  }
}
