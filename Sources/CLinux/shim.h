// Linux calls that Swift's Glibc module leaves out.
#ifndef SLUICE_CLINUX_SHIM_H
#define SLUICE_CLINUX_SHIM_H
// _GNU_SOURCE must not be defined here: it changes types that Swift's Glibc module has too, and the two would differ.
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

// The flags are enumerators in the header, which Swift would import as values of their own type.
static inline int sluice_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

// Declared by its header only under _GNU_SOURCE.
int pthread_setname_np(pthread_t thread, const char *name);
static inline void sluice_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

// Likewise. A child keeps no descriptor beyond the standard ones: an inherited end of somebody's pipe would stay open as
// long as the child lives, and its reader would wait for that.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int sluice_close_inherited(posix_spawn_file_actions_t *actions) {
  return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

// The beginning of `struct dl_phdr_info`, which its header declares only under _GNU_SOURCE, as it does the function.
struct sluice_loaded_object {
  ElfW(Addr) address;
  const char *name;
  const ElfW(Phdr) *segments;
  ElfW(Half) segment_count;
};
extern int sluice_visit_objects(int (*visit)(struct sluice_loaded_object *, size_t, void *), void *)
    __asm__("dl_iterate_phdr");

static inline int sluice_has_patched_code(const struct sluice_loaded_object *object) {
  for (int i = 0; i < object->segment_count; i++) {
    if (object->segments[i].p_type != PT_DYNAMIC) continue;
    for (const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->address + object->segments[i].p_vaddr); entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL)) return 1;
  }
  return 0;
}

static inline int sluice_release_object(struct sluice_loaded_object *object, size_t size, void *unused) {
  (void)size, (void)unused;
  // Such code has been written to by the loader and is in no file.
  if (sluice_has_patched_code(object)) return 0;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->segment_count; i++) {
    const ElfW(Phdr) *segment = &object->segments[i];
    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
    uintptr_t start = object->address + segment->p_vaddr, end = start + segment->p_filesz;
    start = (start + page - 1) & ~(page - 1), end &= ~(page - 1);
    if (start < end) (void)madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

// Pages of code and constants leave this process; those that are used again come back from the page cache. Nothing is lost,
// since nobody writes to these segments.
static inline void sluice_release_code(void) { (void)sluice_visit_objects(sluice_release_object, NULL); }
#endif
