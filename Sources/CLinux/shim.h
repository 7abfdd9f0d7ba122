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
