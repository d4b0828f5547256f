// Linux calls that Swift's Glibc module leaves out.
#ifndef SLUICE_CLINUX_SHIM_H
#define SLUICE_CLINUX_SHIM_H
// _GNU_SOURCE must not be defined here: it changes types that Swift's Glibc module has too, and the two would differ.
#include <pthread.h>
#include <spawn.h>
#include <sys/eventfd.h>

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
#endif
