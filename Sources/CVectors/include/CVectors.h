#ifndef WHEELSCRUB_VECTORS_H
#define WHEELSCRUB_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// What a byte has to be, and the byte in front of it or behind it, for PairScan to look closer.
struct wheelscrub_pairs {
  uint8_t mark_mask, mark_value;
  uint8_t end_mask, end_value;
  uint8_t lead_mask, lead_value;
};

/// Whether this processor and system have 32-byte vectors (AVX2).
bool wheelscrub_has_wide_vectors(void);

/// The first offset from `offset` on of a mark of a pair whose other byte's neighbour may be one, or of a `\` that a Windows
/// path may have; where no block of 128 bytes and a byte behind it are left, the beginning of what is left. Only with wide
/// vectors.
/// - bytes: `count` of them; `offset` is not 0.
/// - neighbours: 128 words, two for the 128 ASCII bytes beside a letter: for the low five bits of a letter in front of a mark,
///   then the same for those behind.
size_t wheelscrub_first_pair(
    const void *bytes, size_t count, size_t offset, struct wheelscrub_pairs pairs, const uint64_t *neighbours);

/// The first offset from `offset` on, in steps of 128 bytes, whose 128 bytes hold the first of two bytes that a payload's
/// header has (zlib, gzip, zstd, xz, bzip2, LZ4, zip), or others of the same half bytes; where no whole block and a byte
/// behind it are left, its beginning. Only with wide vectors.
size_t wheelscrub_first_magic_block(const void *bytes, size_t count, size_t offset);

/// The first offset from `offset` on, in steps of 64 bytes, whose 64 bytes hold the beginning of a MOV r64, imm64 of what may
/// be text (x86-64, REX.W + B8); where fewer than 96 bytes are left, its beginning. Only with wide vectors.
size_t wheelscrub_first_number_block(const void *bytes, size_t count, size_t offset);

/// The first offset from `offset` on, in steps of 16 bytes, whose 16 bytes are printable ASCII; where fewer than 32 bytes are
/// left, their beginning. Only with wide vectors.
size_t wheelscrub_next_text(const void *bytes, size_t count, size_t offset);

/// Which of the 16 bytes at `bytes` are a ModRM byte of an address relative to the instruction's end (mod 0, r/m 5): a bit for
/// each, the first the lowest.
static inline uint32_t wheelscrub_relative_operands(const void *bytes) {
#if defined(__SSE2__)
  const __m128i masked = _mm_and_si128(_mm_loadu_si128((const __m128i *)bytes), _mm_set1_epi8((char)0xC7));
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(masked, _mm_set1_epi8(0x05)));
#else
  uint32_t found = 0;
  for (int index = 0; index < 16; index++) found |= (uint32_t)((((const uint8_t *)bytes)[index] & 0xC7) == 0x05) << index;
  return found;
#endif
}

#endif
