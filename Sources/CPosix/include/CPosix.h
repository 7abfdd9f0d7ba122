#pragma once
// The system calls of the launcher. It is built without Swift's runtime, so there is no Glibc module to import;
// tests build it with the runtime and import the same. Paths are bytes that end with NUL, failures are -errno.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { posix_path_max = PATH_MAX, posix_no_entry = ENOENT, posix_exists = EEXIST, posix_no_exec = ENOEXEC };

static inline size_t posix_length(const uint8_t *string) { return strlen((const char *)string); }

/// The physical working directory in `buffer`; its length without NUL.
static inline ssize_t posix_working_directory(uint8_t *buffer, size_t size) {
  return getcwd((char *)buffer, size) ? (ssize_t)strlen((char *)buffer) : -errno;
}

/// The path without symbolic links in `buffer` of posix_path_max bytes; its length without NUL.
static inline ssize_t posix_real_path(const uint8_t *path, uint8_t *buffer) {
  return realpath((const char *)path, (char *)buffer) ? (ssize_t)strlen((char *)buffer) : -errno;
}

static inline ssize_t posix_read_link(const uint8_t *path, uint8_t *buffer, size_t size) {
  ssize_t length = readlink((const char *)path, (char *)buffer, size);
  return length < 0 ? -errno : length;
}

/// Device and inode of what the path leads to.
static inline int posix_identity(const uint8_t *path, uint64_t *device, uint64_t *inode) {
  struct stat status;
  if (stat((const char *)path, &status) != 0) return -errno;
  *device = status.st_dev;
  *inode = status.st_ino;
  return 0;
}

/// Whether this is a file, not a directory, that may be executed.
static inline bool posix_is_program(const uint8_t *path) {
  struct stat status;
  return stat((const char *)path, &status) == 0 && S_ISREG(status.st_mode) &&
         access((const char *)path, X_OK) == 0;
}

void *memmem(const void *, size_t, const void *, size_t);
int memfd_create(const char *, unsigned);

/// A file's bytes, for posix_unmap; NULL if it is empty, no file, or cannot be read.
static inline const uint8_t *posix_map(const uint8_t *path, size_t *count) {
  int descriptor = open((const char *)path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return NULL;
  struct stat status;
  void *start = MAP_FAILED;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    *count = (size_t)status.st_size;
    start = mmap(NULL, *count, PROT_READ, MAP_PRIVATE, descriptor, 0);
  }
  close(descriptor);
  return start == MAP_FAILED ? NULL : start;
}

/// A descriptor of a file, no directory, and how many bytes it has.
static inline int posix_open_file(const uint8_t *path, uint64_t *size) {
  int descriptor = open((const char *)path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return -errno;
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    *size = (uint64_t)status.st_size;
    return descriptor;
  }
  close(descriptor);
  return -EINVAL;
}

/// How many bytes there were, fewer than `count` at the end of the file.
static inline ssize_t posix_read(int descriptor, uint8_t *bytes, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t got = read(descriptor, bytes + done, count - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

static inline void posix_unmap(const uint8_t *start, size_t count) { munmap((void *)start, count); }

static inline bool posix_contains(const uint8_t *start, size_t count, const uint8_t *text, size_t length) {
  return memmem(start, count, text, length) != NULL;
}

static inline int posix_make_directory(const uint8_t *path) {
  return mkdir((const char *)path, 0777) == 0 ? 0 : -errno;
}

static inline int posix_make_link(const uint8_t *target, const uint8_t *path) {
  return symlink((const char *)target, (const char *)path) == 0 ? 0 : -errno;
}

/// All bytes to a descriptor.
static inline int posix_write(int descriptor, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -errno;
    bytes += written;
    count -= (size_t)written;
  }
  return 0;
}

/// At the end of a file, in one write, so that lines of programs that run side by side do not mix.
static inline int posix_append(const uint8_t *path, const uint8_t *bytes, size_t count) {
  int descriptor = open((const char *)path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return -errno;
  int status = posix_write(descriptor, bytes, count);
  close(descriptor);
  return status;
}

/// Becomes the program. `strings` holds the arguments and then the environment, each ended by NUL.
static inline int posix_execute(const uint8_t *path, const uint8_t *strings, size_t arguments, size_t variables) {
  char **pointers = malloc((arguments + variables + 2) * sizeof *pointers);
  if (!pointers) return -ENOMEM;
  char *next = (char *)strings;
  char **pointer = pointers;
  for (size_t index = 0; index < arguments + variables; index++) {
    if (index == arguments) *pointer++ = NULL;
    *pointer++ = next;
    next += strlen(next) + 1;
  }
  if (variables == 0) *pointer++ = NULL;
  *pointer = NULL;
  execve((const char *)path, pointers, pointers + arguments + 1);
  int status = -errno;
  free(pointers);
  return status;
}

/// The names in a directory, each ended by NUL, in memory that the caller frees; NULL if it cannot be read.
static inline uint8_t *posix_names(const uint8_t *path, size_t *count) {
  DIR *directory = opendir((const char *)path);
  if (!directory) return NULL;
  uint8_t *names = NULL;
  size_t used = 0, room = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    size_t length = strlen(entry->d_name) + 1;
    if (used + length > room) {
      uint8_t *larger = realloc(names, room = 2 * (used + length) + 4096);
      if (!larger) break;
      names = larger;
    }
    memcpy(names + used, entry->d_name, length);
    used += length;
  }
  closedir(directory);
  *count = used;
  return names;
}

static inline void posix_free(uint8_t *memory) { free(memory); }

static inline const char *posix_message(int number) { return strerror(number); }

/// Owner and mode of the path itself, a link's own.
static inline int posix_status(const uint8_t *path, uint32_t *owner, uint32_t *mode, uint64_t *size) {
  struct stat status;
  if (lstat((const char *)path, &status) != 0) return -errno;
  *owner = status.st_uid;
  *mode = status.st_mode;
  *size = (uint64_t)status.st_size;
  return 0;
}

static inline bool posix_is_directory(uint32_t mode) { return S_ISDIR(mode); }
static inline bool posix_is_link(uint32_t mode) { return S_ISLNK(mode); }
static inline bool posix_is_file(uint32_t mode) { return S_ISREG(mode); }

/// Seconds since the file was last written; negative where that is in the future, or where there is none.
static inline int64_t posix_age(const uint8_t *path) {
  struct stat status;
  return lstat((const char *)path, &status) != 0 ? -1 : (int64_t)time(NULL) - (int64_t)status.st_mtime;
}

static inline uint32_t posix_user(void) { return geteuid(); }
static inline int32_t posix_process(void) { return getpid(); }

static inline int posix_make_private_directory(const uint8_t *path) {
  return mkdir((const char *)path, 0700) == 0 ? 0 : -errno;
}

/// A new empty file; -EEXIST if there is one.
static inline int posix_make_file(const uint8_t *path) {
  int descriptor = open((const char *)path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return -errno;
  close(descriptor);
  return 0;
}

/// The bytes take the file's place at once, or not at all.
static inline int posix_replace(const uint8_t *path, const uint8_t *draft, const uint8_t *bytes, size_t count) {
  int descriptor = open((const char *)draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return -errno;
  int status = posix_write(descriptor, bytes, count);
  if (close(descriptor) != 0 && status == 0) status = -errno;
  if (status == 0 && rename((const char *)draft, (const char *)path) != 0) status = -errno;
  if (status != 0) unlink((const char *)draft);
  return status;
}

static inline int posix_remove(const uint8_t *path) { return unlink((const char *)path) == 0 ? 0 : -errno; }

/// A descriptor for posix_lock. No child inherits it: a cache's server would hold the lock as long as it runs.
static inline int posix_open_lock(const uint8_t *path) {
  int descriptor = open((const char *)path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  return descriptor < 0 ? -errno : descriptor;
}

/// Never waits; gives up the lock that is held, if any, before it asks for the other kind.
static inline bool posix_lock(int descriptor, bool exclusive) {
  return flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
}

static inline void posix_close(int descriptor) { close(descriptor); }

static inline void posix_pause(int milliseconds) {
  struct timespec time = {.tv_sec = 0, .tv_nsec = milliseconds * 1000000L};
  nanosleep(&time, NULL);
}

/// A file in memory for a child to write to.
static inline int posix_memory_file(void) {
  int descriptor = memfd_create("wheelscrub", 1 /* MFD_CLOEXEC */);
  return descriptor < 0 ? -errno : descriptor;
}

/// All that was written to it.
static inline int posix_copy(int from, int to) {
  uint8_t buffer[16384];
  off_t offset = 0;
  for (;;) {
    ssize_t count = pread(from, buffer, sizeof buffer, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? -errno : 0;
    int status = posix_write(to, buffer, (size_t)count);
    if (status != 0) return status;
    offset += count;
  }
}

/// How a child ended.
enum { posix_exited = 0, posix_signaled = 1, posix_not_started = 2 };

/// Runs the program in another directory and waits. Its standard error goes to a descriptor. What interrupts a build from
/// the terminal reaches the child alone, so that there is somebody to tidy up; if we are killed, it is told to end.
static inline int posix_run(const uint8_t *path, const uint8_t *strings, size_t arguments, size_t variables,
                            const uint8_t *directory, int errors, int *value) {
  struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
  sigaction(SIGINT, &ignore, &interrupt);
  sigaction(SIGQUIT, &ignore, &quit);
  // Nothing is copied: we wait until it has become the program.
  pid_t parent = getpid(), child = vfork();
  if (child == 0) {
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || dup2(errors, 2) < 0 || chdir((const char *)directory) != 0) _exit(127);
    posix_execute(path, strings, arguments, variables);
    _exit(127);
  }
  int status = 0, result = posix_not_started;
  if (child > 0) {
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) continue;
    if (ended == child) {
      result = WIFSIGNALED(status) ? posix_signaled : posix_exited;
      *value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGQUIT, &quit, NULL);
  return result;
}

/// Whether somebody wanted the build to end; a crash is something else.
static inline bool posix_is_request(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT || signal == SIGKILL;
}

/// Ends as the child did.
static inline void posix_end(int number) {
  signal(number, SIG_DFL);
  raise(number);
}
