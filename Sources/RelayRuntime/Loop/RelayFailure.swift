import EventEncoding

/// Why a turn of the loop could not be finished.
public enum RelayFailure: Error, Sendable {
  case source(SourceError)
  /// The stream holds what cannot become a record.
  case pipeline(PipelineError)
  case sink(SinkError)
  /// One record was given up, or cannot be handed over.
  case record(String)
  /// Kafka refuses these for good. None: those that were refused are passed.
  case refused([RefusedRecord])
}

extension RelayFailure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .source(let error): error.description
    case .pipeline(let error): error.description
    case .sink(let error): error.description
    case .record(let text): text
    case .refused(let records): records.first?.description ?? "what Kafka refused is passed"
    }
  }
}
