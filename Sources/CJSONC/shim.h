// json-c as Swift sees it.
#ifndef SLUICE_CJSONC_SHIM_H
#define SLUICE_CJSONC_SHIM_H
#include <json.h>
#endif
