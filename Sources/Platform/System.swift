@_exported public import CLinux

// The C library, under the name it has on this system, and Linux calls that it does not expose. Every file that uses
// system calls imports this module; only this file selects the C library.
#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#elseif canImport(Darwin)
  @_exported public import Darwin
#endif
