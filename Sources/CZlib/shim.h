#pragma once
#include <zlib.h>
#include <string.h>

// deflateInit2 is a macro in zlib.h, which the importer does not bring over.
static inline int wheelscrub_deflate_init_raw(z_stream *stream, int level) {
  memset(stream, 0, sizeof *stream);
  return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
