#include "CStart.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#ifndef WHEELSCRUB_COMMIT
#define WHEELSCRUB_COMMIT ""
#endif

static int argument_count;
static char **arguments;
static int has_set_root;

// Runs before every constructor. That of Swift's backtraces wants to know where the program lies, and aborts where
// /proc/self/exe does not say so; with SWIFT_ROOT it does not ask.
static void note_start(int count, char **values, char **environment) {
  (void)environment;
  argument_count = count;
  arguments = values;
  char byte;
  if (readlink("/proc/self/exe", &byte, 1) < 0 && getenv("SWIFT_ROOT") == NULL) {
    has_set_root = setenv("SWIFT_ROOT", "/", 0) == 0;
  }
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = note_start;

int start_argument_count(void) { return argument_count; }
char **start_arguments(void) { return arguments; }
const char *start_path(void) { return (const char *)getauxval(AT_EXECFN); }
const char *start_commit(void) { return WHEELSCRUB_COMMIT; }

void start_restore_environment(void) {
  if (has_set_root) unsetenv("SWIFT_ROOT");
  has_set_root = 0;
}
