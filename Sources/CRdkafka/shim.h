// librdkafka and its in-process cluster as Swift sees them.
#ifndef SLUICE_CRDKAFKA_SHIM_H
#define SLUICE_CRDKAFKA_SHIM_H
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// Wake-up descriptor of librdkafka's queues; Swift's Glibc module leaves this header out.
#include <sys/eventfd.h>

// `rd_kafka_producev` takes its arguments as C's variable ones, which Swift cannot give; `rd_kafka_produceva` of librdkafka
// 2.0.2 frees the headers twice, or ends the process, where a record is refused at once: the topic has no such partition, or
// is known not to exist or not to be allowed (`rd_assert(error != NULL)` in rdkafka_msg.c). `fixed` holds topic, partition,
// flags, timestamp, opaque, value and key in this order. Returns an error object that the caller owns, or NULL.
static inline rd_kafka_error_t *sluice_produce(
    rd_kafka_t *client, const rd_kafka_vu_t *fixed, const rd_kafka_vu_t *headers, size_t header_count) {
  rd_kafka_headers_t *list = rd_kafka_headers_new(header_count);
  for (size_t i = 0; i < header_count; i++)
    rd_kafka_header_add(
        list, headers[i].u.header.name, -1, headers[i].u.header.val, headers[i].u.header.size);
  rd_kafka_resp_err_t code = rd_kafka_producev(
      client, RD_KAFKA_V_RKT(fixed[0].u.rkt), RD_KAFKA_V_PARTITION(fixed[1].u.i32),
      RD_KAFKA_V_MSGFLAGS(fixed[2].u.i), RD_KAFKA_V_TIMESTAMP(fixed[3].u.i64), RD_KAFKA_V_OPAQUE(fixed[4].u.ptr),
      RD_KAFKA_V_VALUE(fixed[5].u.mem.ptr, fixed[5].u.mem.size), RD_KAFKA_V_KEY(fixed[6].u.mem.ptr, fixed[6].u.mem.size),
      RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return NULL;
  // The list is the library's on success only.
  rd_kafka_headers_destroy(list);
  return rd_kafka_error_new(code, "%s", rd_kafka_err2str(code));
}
#endif
