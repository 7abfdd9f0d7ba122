#include "CVectors.h"

#if defined(__x86_64__)
#include <immintrin.h>

bool wheelscrub_has_wide_vectors(void) { return __builtin_cpu_supports("avx2"); }

typedef __m256i bytes32;

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline bytes32 load(const uint8_t *place) { return _mm256_loadu_si256((const bytes32 *)place); }

static inline bool is_neighbour(const uint64_t *neighbours, uint8_t letter, uint8_t neighbour) {
  return neighbour < 128 && neighbours[(letter & 31) * 2 + neighbour / 64] >> (neighbour & 63) & 1;
}

// As in PairScan.isCandidate, but for Windows paths.
static inline bool is_pair(const uint8_t *bytes, size_t count, size_t mark, const uint64_t *neighbours) {
  if (bytes[mark] == '\\') return true;
  if (bytes[mark] != '-' && bytes[mark] != '/') return false;
  if (mark >= 2 && is_neighbour(neighbours, bytes[mark - 1], bytes[mark - 2])) return true;
  return bytes[mark] == '/' && mark + 2 < count && is_neighbour(neighbours + 64, bytes[mark + 1], bytes[mark + 2]);
}

AVX2 size_t wheelscrub_first_pair(
    const void *memory, size_t count, size_t offset, struct wheelscrub_pairs pairs, const uint64_t *neighbours) {
  const uint8_t *bytes = memory;
  const bytes32 mark_mask = _mm256_set1_epi8((char)pairs.mark_mask), mark_value = _mm256_set1_epi8((char)pairs.mark_value);
  const bytes32 end_mask = _mm256_set1_epi8((char)pairs.end_mask), end_value = _mm256_set1_epi8((char)pairs.end_value);
  const bytes32 lead_mask = _mm256_set1_epi8((char)pairs.lead_mask), lead_value = _mm256_set1_epi8((char)pairs.lead_value);
  // As in WindowsPath.mayEndBefore.
  const bytes32 separator = _mm256_set1_epi8(0x5C), end_bits = _mm256_set1_epi8(0x14), ends = _mm256_set1_epi8(0x3E);
  const bytes32 case_bit = _mm256_set1_epi8(0x20), letter_p = _mm256_set1_epi8(0x70);
  for (; offset + 128 < count; offset += 128) {
    bytes32 found[4];
    for (size_t part = 0; part < 4; part++) {
      const uint8_t *place = bytes + offset + part * 32;
      const bytes32 before = load(place - 1), marks = load(place), behind = load(place + 1);
      const bytes32 letters = _mm256_or_si256(
          _mm256_cmpeq_epi8(_mm256_and_si256(before, end_mask), end_value),
          _mm256_cmpeq_epi8(_mm256_and_si256(behind, lead_mask), lead_value));
      const bytes32 plain = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(marks, mark_mask), mark_value), letters);
      const bytes32 stops = _mm256_or_si256(
          _mm256_cmpeq_epi8(_mm256_or_si256(before, end_bits), ends),
          _mm256_cmpeq_epi8(_mm256_or_si256(before, case_bit), letter_p));
      found[part] = _mm256_or_si256(plain, _mm256_and_si256(_mm256_cmpeq_epi8(marks, separator), stops));
    }
    const bytes32 any = _mm256_or_si256(_mm256_or_si256(found[0], found[1]), _mm256_or_si256(found[2], found[3]));
    if (_mm256_testz_si256(any, any)) continue;
    for (size_t part = 0; part < 4; part++) {
      for (uint32_t open = (uint32_t)_mm256_movemask_epi8(found[part]); open; open &= open - 1) {
        const size_t mark = offset + part * 32 + (size_t)__builtin_ctz(open);
        if (is_pair(bytes, count, mark, neighbours)) return mark;
      }
    }
  }
  return offset;
}

// Each pair of bytes is a bit, asked for by the half bytes of both: 0 is 78 01 and 78 5e, 1 is 78 9c and 78 da (zlib), 2 is
// 1f 8b (gzip), 3 is 28 b5 (zstd), 4 is 7a 58 (xz), 5 is 42 5a (bzip2), 6 is 4d 18 (LZ4), 7 is 50 4b (zip).
#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

AVX2 static inline bytes32 magic_hits(const uint8_t *place) {
  const bytes32 low = _mm256_set1_epi8(0x0F);
  //                                0     1  2  3  4  5  6  7     8     9  a     b  c  d     e  f
  const bytes32 first_low = TWICE((char)0x80, 0, 0x20, 0, 0, 0, 0, 0, 0x0B, 0, 0x10, 0, 0, 0x40, 0, 0x04);
  //                                0  1     2     3  4     5           6  7
  const bytes32 first_high = TWICE(0, 0x04, 0x08, 0, 0x60, (char)0x80, 0, 0x13, 0, 0, 0, 0, 0, 0, 0, 0);
  //                                 0  1     2  3  4  5     6  7  8     9  a     b                  c     d  e     f
  const bytes32 second_low = TWICE(0, 0x01, 0, 0, 0, 0x08, 0, 0, 0x50, 0, 0x22, (char)0x84, 0x02, 0, 0x01, 0);
  //                                  0     1     2  3  4           5     6  7  8     9     a  b     c  d     e  f
  const bytes32 second_high = TWICE(0x01, 0x40, 0, 0, (char)0x80, 0x31, 0, 0, 0x04, 0x02, 0, 0x08, 0, 0x02, 0, 0);
  const bytes32 first = load(place), second = load(place + 1);
  const bytes32 firsts = _mm256_and_si256(
      _mm256_shuffle_epi8(first_low, _mm256_and_si256(first, low)),
      _mm256_shuffle_epi8(first_high, _mm256_and_si256(_mm256_srli_epi16(first, 4), low)));
  const bytes32 seconds = _mm256_and_si256(
      _mm256_shuffle_epi8(second_low, _mm256_and_si256(second, low)),
      _mm256_shuffle_epi8(second_high, _mm256_and_si256(_mm256_srli_epi16(second, 4), low)));
  return _mm256_and_si256(firsts, seconds);
}

AVX2 size_t wheelscrub_first_magic_block(const void *memory, size_t count, size_t offset) {
  const uint8_t *bytes = memory;
  for (; offset + 128 < count; offset += 128) {
    const bytes32 found = _mm256_or_si256(
        _mm256_or_si256(magic_hits(bytes + offset), magic_hits(bytes + offset + 32)),
        _mm256_or_si256(magic_hits(bytes + offset + 64), magic_hits(bytes + offset + 96)));
    if (!_mm256_testz_si256(found, found)) return offset;
  }
  return offset;
}

AVX2 static inline bytes32 number_hits(const uint8_t *place) {
  const bytes32 prefixes = _mm256_and_si256(load(place), _mm256_set1_epi8((char)0xFE));
  const bytes32 opcodes = _mm256_and_si256(load(place + 1), _mm256_set1_epi8((char)0xF8));
  const bytes32 instructions = _mm256_and_si256(
      _mm256_cmpeq_epi8(prefixes, _mm256_set1_epi8(0x48)), _mm256_cmpeq_epi8(opcodes, _mm256_set1_epi8((char)0xB8)));
  // The first and the last byte of a text have no high bit.
  return _mm256_andnot_si256(_mm256_or_si256(load(place + 2), load(place + 9)), instructions);
}

AVX2 size_t wheelscrub_first_number_block(const void *memory, size_t count, size_t offset) {
  const uint8_t *bytes = memory;
  for (; offset + 96 <= count; offset += 64) {
    const bytes32 found = _mm256_or_si256(number_hits(bytes + offset), number_hits(bytes + offset + 32));
    if (_mm256_movemask_epi8(found)) return offset;
  }
  return offset;
}

AVX2 size_t wheelscrub_next_text(const void *memory, size_t count, size_t offset) {
  const uint8_t *bytes = memory;
  // Wrapping: what is below a blank, DEL and all above come out at 0x5f or more.
  const bytes32 blank = _mm256_set1_epi8(0x20), other = _mm256_set1_epi8(0x5F);
  for (; offset + 32 <= count; offset += 32) {
    const bytes32 moved = _mm256_sub_epi8(load(bytes + offset), blank);
    const uint32_t others = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(moved, other), moved));
    if (!(others & 0xFFFF)) return offset;
    if (!(others >> 16)) return offset + 16;
  }
  return offset;
}

#else

bool wheelscrub_has_wide_vectors(void) { return false; }

// Nobody calls them where there are no wide vectors.
size_t wheelscrub_first_pair(
    const void *bytes, size_t count, size_t offset, struct wheelscrub_pairs pairs, const uint64_t *neighbours) {
  (void)bytes, (void)count, (void)pairs, (void)neighbours;
  return offset;
}

size_t wheelscrub_first_magic_block(const void *bytes, size_t count, size_t offset) {
  (void)bytes, (void)count;
  return offset;
}

size_t wheelscrub_first_number_block(const void *bytes, size_t count, size_t offset) {
  (void)bytes, (void)count;
  return offset;
}

size_t wheelscrub_next_text(const void *bytes, size_t count, size_t offset) {
  (void)bytes, (void)count;
  return offset;
}

#endif
