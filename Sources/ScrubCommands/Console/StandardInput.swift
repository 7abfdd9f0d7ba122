import Glibc
import ScrubKit

/// The process's own standard input.
enum StandardInput {
  /// Reads a package manager's lines first, where they are asked for.
  static func verify(_ options: TriageOptions, readsLines: Bool) -> TriageReport {
    guard readsLines else { return Triage(options).run() }
    var options = options
    do throws(ScrubError) { options.lines = try read() } catch {
      var report = TriageReport()
      report.errors = [error]
      return report
    }
    return Triage(options).run()
  }

  /// Everything up to its end.
  private static func read() throws(ScrubError) -> Bytes {
    let place = Place(path: "standard input")
    var input: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { unsafe buffer.deallocate() }
    while true {
      let count = unsafe Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      if count == 0 { return Bytes(input) }
      if count > 0 {
        unsafe input.append(contentsOf: buffer[..<count])
        guard input.count <= TriageOptions.lineLimit else {
          throw ScrubError("has more than \(TriageOptions.lineLimit) bytes", at: place)
        }
      } else if errno != EINTR {
        throw ScrubError("cannot be read: \(SystemError.text(errno))", at: place)
      }
    }
  }
}
