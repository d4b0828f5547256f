/// What became of one record.
public enum DeliveryResult: Sendable {
  /// Acknowledged by all in-sync replicas.
  case delivered(partition: Int32, offset: Int64)
  /// Not acknowledged; with `purged` and `timedOut` it may be in the topic all the same.
  case failed(KafkaError)

  public var error: KafkaError? {
    if case .failed(let error) = self { error } else { nil }
  }
}

/// What became of an attempt to hand a record over.
public enum EnqueueOutcome: Sendable, Equatable {
  /// librdkafka holds a copy and will report on it.
  case accepted
  /// Nothing was taken: collect reports, then try the same record again.
  case queueFull
}
