import EventEncoding

/// Why a turn of the loop could not be finished.
public enum RelayFailure: Error, Sendable {
  case source(SourceError)
  /// The stream holds what cannot become a record.
  case pipeline(PipelineError)
  case sink(SinkError)
  /// Kafka refused one record for good, or it cannot be handed over.
  case record(String)
}

extension RelayFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .source(let error): error.description
    case .pipeline(let error): error.description
    case .sink(let error): error.description
    case .record(let text): text
    }
  }
}
