#include "CVectors.h"

#if defined(__x86_64__)
#include <immintrin.h>

bool wheelscrub_has_wide_vectors(void) { return __builtin_cpu_supports("avx2"); }

typedef __m256i bytes32;

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline bytes32 load(const uint8_t *place) { return _mm256_loadu_si256((const bytes32 *)place); }

AVX2 size_t wheelscrub_first_pair_block(
    const void *memory, size_t count, size_t offset, struct wheelscrub_pairs pairs) {
  const uint8_t *bytes = memory;
  const bytes32 mark_mask = _mm256_set1_epi8((char)pairs.mark_mask), mark_value = _mm256_set1_epi8((char)pairs.mark_value);
  const bytes32 end_mask = _mm256_set1_epi8((char)pairs.end_mask), end_value = _mm256_set1_epi8((char)pairs.end_value);
  const bytes32 lead_mask = _mm256_set1_epi8((char)pairs.lead_mask), lead_value = _mm256_set1_epi8((char)pairs.lead_value);
  // As in WindowsPath.mayEndBefore.
  const bytes32 separator = _mm256_set1_epi8(0x5C), end_bits = _mm256_set1_epi8(0x14), ends = _mm256_set1_epi8(0x3E);
  const bytes32 case_bit = _mm256_set1_epi8(0x20), letter_p = _mm256_set1_epi8(0x70);
  for (; offset + 128 < count; offset += 128) {
    bytes32 found = _mm256_setzero_si256();
    for (size_t part = offset; part < offset + 128; part += 32) {
      const bytes32 before = load(bytes + part - 1), marks = load(bytes + part), behind = load(bytes + part + 1);
      const bytes32 letters = _mm256_or_si256(
          _mm256_cmpeq_epi8(_mm256_and_si256(before, end_mask), end_value),
          _mm256_cmpeq_epi8(_mm256_and_si256(behind, lead_mask), lead_value));
      const bytes32 plain = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(marks, mark_mask), mark_value), letters);
      const bytes32 stops = _mm256_or_si256(
          _mm256_cmpeq_epi8(_mm256_or_si256(before, end_bits), ends),
          _mm256_cmpeq_epi8(_mm256_or_si256(before, case_bit), letter_p));
      const bytes32 windows = _mm256_and_si256(_mm256_cmpeq_epi8(marks, separator), stops);
      found = _mm256_or_si256(found, _mm256_or_si256(plain, windows));
    }
    if (!_mm256_testz_si256(found, found)) return offset;
  }
  return offset;
}

#else

bool wheelscrub_has_wide_vectors(void) { return false; }

size_t wheelscrub_first_pair_block(
    const void *bytes, size_t count, size_t offset, struct wheelscrub_pairs pairs) {
  (void)bytes, (void)count, (void)pairs;
  return offset;
}

#endif
