import EventRouting
import Primitives

/// Where records go that cannot be made (`errors.tolerance=all`).
public struct DeadLetterOptions: Sendable, Equatable {
  /// `errors.deadletterqueue.topic.name`
  public var topic: String
  /// `errors.deadletterqueue.context.headers.enable`
  public var addsContextHeaders: Bool
  public var connectorName: String

  public init(topic: String, addsContextHeaders: Bool, connectorName: String) {
    self.topic = topic
    self.addsContextHeaders = addsContextHeaders
    self.connectorName = connectorName
  }
}

/// Names of the headers of dead letters that others read. Those of Connect are from `DeadLetterQueueReporter`.
public enum DeadLetterHeader {
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
    case .conversion, .transform, .converter: true
    case .decode, .unexpectedMessage, .reselection: false
    }
  }

  /// Connect's names for where a record failed. Source: `org.apache.kafka.connect.runtime.errors.Stage`.
  var stage: String {
    switch cause {
    case .transform: "TRANSFORMATION"
    case .converter: "VALUE_CONVERTER"
    case .conversion, .decode, .unexpectedMessage, .reselection: "TASK_POLL"
    }
  }
}
