// librdkafka and its in-process cluster as Swift sees them.
#ifndef SLUICE_CRDKAFKA_SHIM_H
#define SLUICE_CRDKAFKA_SHIM_H
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// Wake-up descriptor of librdkafka's queues; Swift's Glibc module leaves this header out.
#include <sys/eventfd.h>

// `rd_kafka_producev` takes its arguments as C's variable ones, which Swift cannot give; `rd_kafka_produceva` of librdkafka
// 2.0.2 frees the headers twice, or ends the process, where a record is refused at once: the topic has no such partition, or
// is known not to exist or not to be allowed (`rd_assert(error != NULL)` in rdkafka_msg.c). `headers` may be NULL. They are
// the library's on success only, and so is a value that it is not told to copy.
static inline rd_kafka_resp_err_t sluice_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, int flags, int64_t timestamp, void *opaque,
    const void *value, size_t value_size, const void *key, size_t key_size, rd_kafka_headers_t *headers) {
  return rd_kafka_producev(
      client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
      RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_VALUE((void *)value, value_size),
      RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
}
#endif
