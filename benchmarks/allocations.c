// Counts what a program allocates, and tells at its end. Preloaded by `allocations`.
//   cc -O2 -shared -fPIC -o counter.so allocations.c -ldl
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

// glibc's own names: looking the functions up with dlsym would itself allocate.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static unsigned long count;
static void one(void) { __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) { one(); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { one(); return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { one(); return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { one(); return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { one(); return __libc_memalign(alignment, size); }
int posix_memalign(void **out, size_t alignment, size_t size) {
    one();
    return (*out = __libc_memalign(alignment, size)) ? 0 : 12;
}

__attribute__((destructor)) static void tell(void) {
    const char *file = getenv("ALLOCATIONS_FILE");
    FILE *out = file ? fopen(file, "w") : stderr;
    if (out) fprintf(out, "%lu\n", count);
}
