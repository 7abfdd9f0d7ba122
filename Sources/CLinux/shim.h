#pragma once
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

// Swift's Glibc module is built without _GNU_SOURCE, which hides this one; it is in every glibc since 2.27.
ssize_t copy_file_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t length, unsigned flags);

// The same; older than Linux.
void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);

// The same; since glibc 2.14.
int syncfs(int descriptor);

// The same; since glibc 2.27.
int memfd_create(const char *name, unsigned flags);

// A macro with a cast: for utimensat, a time that stays.
static inline long utime_omit(void) { return UTIME_OMIT; }

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

// Linux since 3.11: a file without a name in a directory. -1 and errno where the file system has none.
static inline int open_anonymous(const char *directory) {
  // O_TMPFILE, which _GNU_SOURCE hides, with the value of every architecture that Swift runs on.
  return open(directory, 020000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0600);
}

// Gives it a name, by way of /proc: only that needs no privilege.
static inline int name_anonymous(int descriptor, int directory, const char *name) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  return linkat(AT_FDCWD, link, directory, name, AT_SYMLINK_FOLLOW);
}

// A directory to start paths from, without following a link; needs no permission to read it.
static inline int open_directory(int parent, const char *name) {
  return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
