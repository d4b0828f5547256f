import CRdkafka

/// What a client says about itself beside records and reports, for the caller to log or decide on.
public enum ClientEvent: Sendable {
  /// Brokers down, refused credentials, a fatal error. librdkafka goes on by itself unless `isFatal`.
  case error(KafkaError)
  /// A line of librdkafka's own log. `level` is syslog's: 3 error, 4 warning, 6 information, 7 debug.
  case log(level: Int32, facility: String, text: String)
}

extension ClientEvent {
  /// `nil` for the kinds of event that carry records or reports, or that nobody asked for.
  init?(_ event: OpaquePointer, client: OpaquePointer) {
    switch unsafe rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_ERROR:
      let code = unsafe rd_kafka_event_error(event)
      let text = unsafe String(cString: rd_kafka_event_error_string(event))
      // A fatal error arrives as `_FATAL`; the cause is kept by the client.
      if let fatal = unsafe fatalError(of: client), code == RD_KAFKA_RESP_ERR__FATAL {
        self = .error(fatal)
      } else {
        self = unsafe .error(KafkaError(code: code, text: text, isFatal: rd_kafka_event_error_is_fatal(event) == 1))
      }
    case RD_KAFKA_EVENT_LOG:
      var facility: UnsafePointer<CChar>?
      var text: UnsafePointer<CChar>?
      var level: Int32 = 0
      guard unsafe rd_kafka_event_log(event, &facility, &text, &level) == 0 else { return nil }
      self = unsafe .log(
        level: level, facility: facility.map { unsafe String(cString: $0) } ?? "",
        text: text.map { unsafe String(cString: $0) } ?? "")
    default: return nil
    }
  }
}
