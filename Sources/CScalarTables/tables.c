// What comparing Strings asks of Unicode's tables. The launcher is linked without them: its Strings are the
// ASCII of the rule table, which has no other spelling. "Nothing to decompose, nothing to compose" is true of it.
#include <stdint.h>

uint16_t _swift_stdlib_getNormData(uint32_t scalar) { return 0; }
uint32_t _swift_stdlib_getDecompositionEntry(uint32_t scalar) { return 0; }
uint32_t _swift_stdlib_getComposition(uint32_t first, uint32_t second) { return UINT32_MAX; }
const uint8_t _swift_stdlib_nfd_decompositions[1] = {0};
