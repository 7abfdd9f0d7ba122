import Formats
import Platform

/// A CPython process that compiles sources one after another and never runs them. Used by one thread at a time.
final class InterpreterProcess: Sendable {
  let path: String
  /// `3.11.2`.
  let version: String
  let magic: UInt16
  let identifier: pid_t
  /// Its standard input and output.
  private let socket: Int32

  enum Answer: Sendable {
    /// Marshalled code.
    case code(Bytes)
    /// Why the compiler rejects the source.
    case refused(String)
    /// It ended, or did not answer in time: it can no longer be used.
    case failed(String)
  }

  /// - Parameter patience: seconds that it may take to start.
  /// - Throws: if it does not start or is not CPython.
  init(_ path: String, patience: Int = Limits.compileSeconds) throws(ScrubError) {
    let (process, socket) = try Self.spawn(path)
    do throws(Failure) {
      // The magic number, then the version.
      let (status, greeting) = try Self.receive(from: socket, until: Deadline(patience))
      guard status == UInt8(ascii: "h"), greeting.count > 4 else { throw Failure("is no CPython") }
      magic = UInt16(greeting.span.unsigned(at: 0, width: 2, order: .little))
      version = String(decoding: greeting[4..<greeting.count].array(), as: UTF8.self)
    } catch {
      Self.end(process, socket)
      throw ScrubError("does not work as an interpreter: \(error.message)", at: Place(path: path))
    }
    self.path = path
    identifier = process
    self.socket = socket
  }

  deinit { Self.end(identifier, socket) }

  /// - Parameters:
  ///   - level: 0, or 1 and 2 as with `-O` and `-OO`.
  ///   - patience: seconds that it may take.
  func compile(_ source: Bytes, level: Int, patience: Int = Limits.compileSeconds) -> Answer {
    var head: [UInt8] = [UInt8(level)]
    head.append(little: UInt64(source.count))
    do throws(Failure) {
      let deadline = Deadline(patience)
      try send(Bytes(head), until: deadline)
      try send(source, until: deadline)
      let (status, answer) = try Self.receive(from: socket, until: deadline)
      return status == UInt8(ascii: "c")
        ? .code(answer) : .refused(String(decoding: answer.array(), as: UTF8.self))
    } catch {
      return .failed(error.message)
    }
  }

  private struct Failure: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }

  /// Reads sources as bytes, as importlib does: the compiler determines their encoding. The interpreter's own modules
  /// are compiled from source, because its own bytecode may be what is in doubt.
  private static let script = """
    import sys, marshal, _frozen_importlib_external as external
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))
    except Exception:
        pass
    read, write = sys.stdin.buffer.read, sys.stdout.buffer.write
    def answer(status, data):
        write(status + len(data).to_bytes(8, "little") + data)
        sys.stdout.buffer.flush()
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.implementation.name == "cpython":
        answer(b"h", external.MAGIC_NUMBER + version.encode())
    while True:
        head = read(9)
        if len(head) < 9:
            break
        source = read(int.from_bytes(head[1:], "little"))
        try:
            code = compile(source, "<source>", "exec", dont_inherit=True, optimize=head[0])
            status, data = b"c", marshal.dumps(code)
        except BaseException as error:
            status, data = b"e", (type(error).__name__ + ": " + str(error)).encode("utf-8", "replace")[:300]
        source = code = None
        answer(status, data)
    """

  /// `-I`: no environment, no current directory; `-S`: no site-packages; `-B`: writes no bytecode.
  private static func spawn(_ path: String) throws(ScrubError) -> (pid_t, Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw ScrubError.system("cannot be started", errno, path: path)
    }
    defer { close(ends[1]) }
    let words = [
      path, "-I", "-S", "-B", "-W", "ignore", "-X", "pycache_prefix=/dev/null", "-c", script,
    ]
    var process = pid_t()
    var status = start(path, words, input: ends[1], &process)
    // While another thread starts a program, its child briefly holds a newly written file open.
    for _ in 0..<100 where status == ETXTBSY {
      usleep(10_000)
      status = start(path, words, input: ends[1], &process)
    }
    guard status == 0 else {
      close(ends[0])
      throw ScrubError.system("cannot be started", status, path: path)
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (process, ends[0])
  }

  /// Starts it with this descriptor as standard input and output, without environment. Returns an errno value.
  private static func start(
    _ path: String, _ words: [String], input: Int32, _ process: inout pid_t
  ) -> Int32 {
    // Initialized by the init functions.
    let actions = UnsafeMutablePointer<posix_spawn_file_actions_t>.allocate(capacity: 1)
    let attributes = UnsafeMutablePointer<posix_spawnattr_t>.allocate(capacity: 1)
    unsafe posix_spawn_file_actions_init(actions)
    unsafe posix_spawnattr_init(attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(actions)
      unsafe posix_spawnattr_destroy(attributes)
      unsafe actions.deallocate()
      unsafe attributes.deallocate()
    }
    unsafe posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(actions, input, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // The thread's blocked signals would be inherited.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(attributes, &none)
    unsafe posix_spawnattr_setflags(attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
    return unsafe posix_spawn(&process, path, actions, attributes, &arguments, &environment)
  }

  private static func end(_ process: pid_t, _ socket: Int32) {
    close(socket)
    _ = kill(process, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
  }
}

extension InterpreterProcess {
  private struct Deadline {
    let seconds: Int
    private let end: ContinuousClock.Instant

    init(_ seconds: Int) {
      self.seconds = seconds
      end = .now + .seconds(seconds)
    }

    /// Milliseconds, for `poll`; nil after the deadline.
    var left: Int32? {
      let left = end - .now
      guard left > .zero else { return nil }
      return Int32(left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
    }
  }

  private func send(_ bytes: Bytes, until deadline: Deadline) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let rest = bytes[done..<bytes.count]
      // The process may be gone; this process must not be terminated by a signal for it.
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe Platform.send(socket, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        done += count
      } else if errno == EAGAIN {
        try Self.wait(for: POLLOUT, socket, until: deadline)
      } else if errno != EINTR {
        throw Failure("ended while it compiled")
      }
    }
  }

  /// A letter, an eight-byte length, and that many bytes.
  private static func receive(
    from socket: Int32, until deadline: Deadline
  ) throws(Failure) -> (status: UInt8, Bytes) {
    let head = try receive(9, from: socket, until: deadline)
    let count = head.span.unsigned(at: 1, width: 8, order: .little)
    guard count <= UInt64(Limits.bytecodeSize) else { throw Failure("answers with \(count) bytes") }
    return (head[0], try receive(Int(count), from: socket, until: deadline))
  }

  private static func receive(
    _ count: Int, from socket: Int32, until deadline: Deadline
  ) throws(Failure) -> Bytes {
    let memory = HeapBytes(count: count)
    var done = 0
    while done < count {
      let read = unsafe recv(socket, memory.base + done, count - done, 0)
      if read > 0 {
        done += read
      } else if read == 0 {
        throw Failure("ended without an answer")
      } else if errno == EAGAIN {
        try wait(for: POLLIN, socket, until: deadline)
      } else if errno != EINTR {
        throw Failure("ended without an answer")
      }
    }
    return memory.finish()
  }

  private static func wait(
    for event: Int32, _ socket: Int32, until deadline: Deadline
  ) throws(Failure) {
    guard let left = deadline.left else { throw Failure("did not answer in \(deadline.seconds) seconds") }
    var descriptor = pollfd(fd: socket, events: Int16(event), revents: 0)
    _ = unsafe poll(&descriptor, 1, left)
  }
}
