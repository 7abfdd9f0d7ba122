#include "CPosix.h"
// All of it is inline; SwiftPM wants one source.
