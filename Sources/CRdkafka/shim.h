// librdkafka and its in-process cluster as Swift sees them.
#ifndef SLUICE_CRDKAFKA_SHIM_H
#define SLUICE_CRDKAFKA_SHIM_H
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// Wake-up descriptor of librdkafka's queues; Swift's Glibc module leaves this header out.
#include <sys/eventfd.h>
#endif
