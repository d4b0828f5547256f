import CRdkafka

/// Makes a client from properties. The events named come through its queues instead of callbacks, which would re-enter
/// Swift while a caller holds its state exclusively.
///
/// The caller owns what is returned and ends it with `rd_kafka_destroy`. `rd_kafka_new` owns the configuration only on
/// success (`rdkafka.h`).
func makeClient(
  _ type: rd_kafka_type_t, _ properties: [(name: String, value: String)], events: Int32
) throws(KafkaError) -> OpaquePointer {
  guard let configuration = unsafe rd_kafka_conf_new() else {
    throw KafkaError(code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
  }
  var text = [CChar](repeating: 0, count: 512)
  for property in properties + [("log.queue", "true")] {
    let result = unsafe rd_kafka_conf_set(configuration, property.name, property.value, &text, text.count)
    guard result == RD_KAFKA_CONF_OK else {
      unsafe rd_kafka_conf_destroy(configuration)
      throw KafkaError(
        code: RD_KAFKA_RESP_ERR__INVALID_ARG, kind: .configuration, text: copied(text), isRetriable: false)
    }
  }
  unsafe rd_kafka_conf_set_events(configuration, events)
  guard let client = unsafe rd_kafka_new(type, configuration, &text, text.count) else {
    let code = rd_kafka_last_error()
    unsafe rd_kafka_conf_destroy(configuration)
    throw KafkaError(code: code, kind: .configuration, text: copied(text), isRetriable: false)
  }
  // Log lines come as events on the main queue.
  unsafe rd_kafka_set_log_queue(client, nil)
  return unsafe client
}

/// The client's fatal error, if it has one: it takes no more records then.
func fatalError(of client: OpaquePointer) -> KafkaError? {
  var text = [CChar](repeating: 0, count: 512)
  let code = unsafe rd_kafka_fatal_error(client, &text, text.count)
  guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
  return KafkaError(code: code, text: copied(text), isFatal: true, isRetriable: false)
}

/// A zero-terminated text as a `String`; bytes that are not UTF-8 are replaced.
func copied(_ text: [CChar]) -> String {
  String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
