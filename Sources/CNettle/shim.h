#pragma once
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <nettle/version.h>

// One place for whichever is running. SHAKE256 absorbs as SHA3-256 does (FIPS 202 section 6.2): same rate, other suffix.
union wheelscrub_digest {
  struct sha1_ctx sha1;
  struct sha256_ctx sha256;
  struct sha512_ctx sha512;
  struct sha3_256_ctx shake256;
};
