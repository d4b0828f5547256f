import EventRouting
import Primitives

/// Where records go that cannot be made (`errors.tolerance=all`).
public struct DeadLetterOptions: Sendable, Equatable {
  /// `errors.deadletterqueue.topic.name`
  public var topic: String
  /// `errors.deadletterqueue.context.headers.enable`
  public var addsContextHeaders: Bool
  public var connectorName: String
  /// `sluice.errors.hold.key`
  public var holdsKeys: Bool

  public init(topic: String, addsContextHeaders: Bool, connectorName: String, holdsKeys: Bool = false) {
    self.topic = topic
    self.addsContextHeaders = addsContextHeaders
    self.connectorName = connectorName
    self.holdsKeys = holdsKeys
  }
}

/// Names of the headers of dead letters that others read. Those of Connect are from `DeadLetterQueueReporter`.
public enum DeadLetterHeader {
  /// Name of the connector; ours are there whatever `errors.deadletterqueue.context.headers.enable` says.
  public static let connector = "sluice.errors.connector"
  /// `LetteredChange`, or the part of one; a letter without it is of a record that is no change, such as a heartbeat.
  public static let change = "sluice.errors.change"
  /// `2/3` of a change too large for one letter: letters with the same key, one behind the other.
  public static let part = "sluice.errors.part"
  /// `LetterHold`
  public static let hold = "sluice.errors.hold"
  /// The topic that the record was for.
  public static let topic = "__connect.errors.topic"
}

/// Errors of records that did not stop the connector: counted, and told to the log.
public struct ToleratedErrors: Sendable {
  /// More in one go are counted only.
  static let noticesMax = 100

  public private(set) var count: UInt64 = 0
  private var notices: [PipelineError] = []
  private var untold: UInt64 = 0

  mutating func add(_ error: PipelineError) {
    count += 1
    if notices.count < ToleratedErrors.noticesMax { notices.append(error) } else { untold += 1 }
  }

  /// Those since the last call, and how many more there were.
  mutating func take() -> (errors: [PipelineError], more: UInt64) {
    defer {
      notices.removeAll()
      untold = 0
    }
    return (notices, untold)
  }
}

extension PipelineError {
  /// Whether it is one record that is at fault, and not the stream.
  public var concernsOneRecord: Bool {
    switch cause {
    case .conversion, .transform, .converter, .refused, .held: true
    case .decode, .unexpectedMessage, .reselection, .tooManyHeldKeys: false
    }
  }

  /// Connect's names for where a record failed. Source: `org.apache.kafka.connect.runtime.errors.Stage`.
  var stage: String {
    switch cause {
    case .transform: "TRANSFORMATION"
    case .converter: "VALUE_CONVERTER"
    case .refused: "KAFKA_PRODUCE"
    case .conversion, .decode, .unexpectedMessage, .reselection, .held, .tooManyHeldKeys: "TASK_POLL"
    }
  }

  var exceptionName: String {
    if case .refused(let refusal) = cause { return refusal.exceptionName }
    return "org.apache.kafka.connect.errors.DataException"
  }
}
