@_exported public import CLinux

// The C library, under whatever name the system has it, and calls of Linux that it hides. Every file that talks to the
// system imports this module, and only this file says which one it is.
#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#elseif canImport(Darwin)
  @_exported public import Darwin
#endif
