import BuildRoots
import Glibc

struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ call: String, _ path: String) { description = "\(path): \(call): errno \(errno)" }
}

/// A file mapped for reading.
final class Mapping {
  private let base: UnsafeMutableRawPointer
  let count: Int

  init(_ path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure("open", path) }
    defer { close(descriptor) }
    count = Int(lseek(descriptor, 0, SEEK_END))
    guard count > 0, let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      memory != MAP_FAILED
    else { throw Failure("mmap", path) }
    base = memory
  }

  deinit { munmap(base, count) }

  private func withBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
    let buffer = UnsafeRawBufferPointer(start: base, count: count)
    return buffer.withMemoryRebound(to: UInt8.self) { body($0.span) }
  }

  func countRoots() -> Int {
    withBytes { bytes in
      var roots = 0
      RootMap.default.forEachRoot(in: bytes) { _ in roots += 1 }
      return roots
    }
  }

}

/// Reads a file as a program without a search would, a quarter megabyte at a time; returns its size.
func readOnly(_ path: String) throws(Failure) -> Int {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { throw Failure("open", path) }
  defer { close(descriptor) }
  var buffer = [UInt8](repeating: 0, count: 1 << 18)
  var total = 0
  while true {
    let got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard got > 0 else { return total }
    total += got
  }
}
