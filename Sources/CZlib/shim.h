#pragma once
#include <zlib.h>
#include <string.h>

// deflateInit2 and inflateInit2 are macros in zlib.h, which the importer does not bring over.
static inline int wheelscrub_deflate_init_raw(z_stream *stream, int level) {
  memset(stream, 0, sizeof *stream);
  return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

static inline int wheelscrub_inflate_init_raw(z_stream *stream) {
  memset(stream, 0, sizeof *stream);
  return inflateInit2(stream, -MAX_WBITS);
}

// bits: MAX_WBITS for zlib (RFC 1950), 16 more for gzip (RFC 1952), negative for raw deflate.
static inline int wheelscrub_inflate_init(z_stream *stream, int bits) {
  memset(stream, 0, sizeof *stream);
  return inflateInit2(stream, bits);
}
