import FoundationEssentials
import Platform
import Synchronization

/// The process's own standard output and error.
final class StandardStreams: Sendable {
  private let output: Int32
  private let error: Int32
  /// Why standard output accepts no more, as an errno value; 0 while it does.
  private let failure = Mutex<Int32>(0)

  init(output: Int32 = STDOUT_FILENO, error: Int32 = STDERR_FILENO) {
    self.output = output
    self.error = error
    // Makes a reader that went away (`| head`) an error of write(2), so that it does not terminate the process, which
    // may be writing a wheel.
    signal(SIGPIPE, SIG_IGN)
    Self.occupyClosedDescriptors()
  }

  var console: Console {
    let outputIsTerminal = isatty(output) == 1
    return Console(
      environment: ProcessInfo.processInfo.environment, outputIsTerminal: outputIsTerminal,
      errorIsTerminal: isatty(error) == 1,
      columns: Self.terminalColumns(outputIsTerminal ? output : error)
    ) { [self] text, stream in
      switch stream {
      case .output:
        failure.withLock { failure in
          if failure == 0 { failure = Self.write(text, to: output) }
        }
      case .error: _ = Self.write(text, to: error)
      }
    }
  }

  /// Reports on standard error that the report is truncated, and returns whether it is. A reader that closed its end
  /// chose to: that is not a failure.
  func reportFailedOutput() -> Bool {
    let code = failure.withLock { $0 }
    guard code != 0, code != EPIPE else { return false }
    _ = Self.write("error: standard output: \(SystemError.text(code))\n", to: error)
    return true
  }

  /// With `>&-` the next file that is opened becomes descriptor 1, and the report would be written into a
  /// wheel.
  private static func occupyClosedDescriptors() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  private static func terminalColumns(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return Console.defaultColumns
    }
    return Int(size.ws_col)
  }

  /// Writes all of the text; returns 0 or an errno value.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let rest = unsafe bytes.baseAddress?.advanced(by: done)
        let written = unsafe Platform.write(descriptor, rest, bytes.count - done)
        if written >= 0 {
          done += written
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}
