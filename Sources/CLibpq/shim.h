// libpq as Swift sees it. Nothing here needs a wrapper: libpq has no variadic calls on our path.
#ifndef SLUICE_CLIBPQ_SHIM_H
#define SLUICE_CLIBPQ_SHIM_H
#include <libpq-fe.h>
#endif
