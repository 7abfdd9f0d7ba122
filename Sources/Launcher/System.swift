import CPosix

/// Device and inode: two paths with the same identity lead to the same file.
struct Identity: Equatable {
  var device: UInt64
  var inode: UInt64
}

/// The calls of the system, and the only place that hands memory to C.
enum System {
  /// The physical working directory, nil if it has been removed or is too long.
  static func workingDirectory() -> Bytes? {
    unsafe filled { unsafe posix_working_directory($0, pathLimit) }
  }

  static func realPath(_ path: Bytes) -> Bytes? {
    unsafe filled { unsafe posix_real_path(path.withNul, $0) }
  }

  static func link(at path: Bytes) -> Bytes? {
    unsafe filled { unsafe posix_read_link(path.withNul, $0, pathLimit) }
  }

  static func identity(of path: Bytes) -> Identity? {
    var identity = Identity(device: 0, inode: 0)
    return unsafe posix_identity(path.withNul, &identity.device, &identity.inode) == 0 ? identity : nil
  }

  static func isProgram(_ path: Bytes) -> Bool { unsafe posix_is_program(path.withNul) }

  /// Whether the directory is there now.
  static func makeDirectory(_ path: Bytes) -> Bool {
    let status = unsafe posix_make_directory(path.withNul)
    return status == 0 || status == -errorCode(posix_exists)
  }

  /// Of the path itself, a link's own.
  struct Status {
    var owner: UInt32 = 0
    var mode: UInt32 = 0
    var size: UInt64 = 0
    var isDirectory: Bool { posix_is_directory(mode) }
    var isLink: Bool { posix_is_link(mode) }
    var isFile: Bool { posix_is_file(mode) }
  }

  static func status(of path: Bytes) -> Status? {
    var status = Status()
    return unsafe posix_status(path.withNul, &status.owner, &status.mode, &status.size) == 0 ? status : nil
  }

  /// Whether the directory is there now; nobody else may enter a new one.
  static func makePrivateDirectory(_ path: Bytes) -> Bool {
    let status = unsafe posix_make_private_directory(path.withNul)
    return status == 0 || status == -errorCode(posix_exists)
  }

  /// Whether there is a new empty file.
  static func makeFile(_ path: Bytes) -> Bool { unsafe posix_make_file(path.withNul) == 0 }

  static func remove(_ path: Bytes) -> Bool { unsafe posix_remove(path.withNul) == 0 }

  /// Writes a draft beside the file that then takes its place.
  static func replace(_ file: Bytes, by bytes: Bytes) -> Bool {
    let draft = file + Bytes(".wheelscrub-") + decimal(process)
    return unsafe posix_replace(file.withNul, draft.withNul, bytes, bytes.count) == 0
  }

  /// All of a file; nil if it cannot be read or has more than `limit` bytes. Small files are cheaper to read than to map.
  static func contents(of file: Bytes, limit: Int) -> Bytes? {
    var size: UInt64 = 0
    let descriptor = unsafe posix_open_file(file.withNul, &size)
    guard descriptor >= 0 else { return nil }
    defer { posix_close(descriptor) }
    guard size <= UInt64(limit) else { return nil }
    let wanted = Int(size)
    let bytes = unsafe Bytes(unsafeUninitializedCapacity: wanted) { buffer, count in
      count = wanted == 0 ? 0 : max(0, unsafe posix_read(descriptor, buffer.baseAddress!, wanted))
    }
    return bytes.count == wanted ? bytes : nil
  }

  /// Seconds since it was last written; negative where nobody knows.
  static func age(of file: Bytes) -> Int64 { unsafe posix_age(file.withNul) }

  static var user: UInt32 { posix_user() }
  static var process: Int32 { posix_process() }

  /// A descriptor for `lock` that this process alone has.
  static func openLock(_ path: Bytes) -> Int32? {
    let descriptor = unsafe posix_open_lock(path.withNul)
    return descriptor < 0 ? nil : descriptor
  }

  /// Does not wait. A lock of the other kind is given up first, whether or not this one is had.
  static func lock(_ descriptor: Int32, exclusive: Bool) -> Bool { posix_lock(descriptor, exclusive) }

  static func close(_ descriptor: Int32) { posix_close(descriptor) }

  static func pause(milliseconds: Int32) { posix_pause(milliseconds) }

  /// How a program that we have waited for ended.
  enum Ended: Equatable {
    case exit(Int32)
    case signal(Int32)
    case notStarted
  }

  /// Starts a program in another directory, waits, and keeps what it says on standard error.
  ///
  /// - Parameter say: whether that is to be said after all.
  static func run(
    _ path: Bytes, _ arguments: [Bytes], _ environment: [Bytes], in directory: Bytes, say: (Ended) -> Bool
  ) -> Ended {
    let errors = posix_memory_file()
    guard errors >= 0 else { return .notStarted }
    defer { posix_close(errors) }
    let strings = joined(arguments, environment)
    var value: Int32 = 0
    let result = unsafe posix_run(
      path.withNul, strings, arguments.count, environment.count, directory.withNul, errors, &value)
    let ended: Ended =
      result == errorCode(posix_exited)
      ? .exit(value) : result == errorCode(posix_signaled) ? .signal(value) : .notStarted
    if say(ended) { _ = posix_copy(errors, 2) }
    return ended
  }

  /// Whether somebody wanted the program to end; a crash is something else.
  static func isRequest(_ signal: Int32) -> Bool { posix_is_request(signal) }

  /// Ends as a child did.
  static func end(by signal: Int32) { posix_end(signal) }

  enum Made { case new, existed, failed }

  static func makeLink(to target: Bytes, at path: Bytes) -> Made {
    let status = unsafe posix_make_link(target.withNul, path.withNul)
    return status == 0 ? .new : status == -errorCode(posix_exists) ? .existed : .failed
  }

  static func append(_ bytes: Bytes, to file: Bytes) {
    _ = unsafe posix_append(file.withNul, bytes, bytes.count)
  }

  static func write(_ bytes: Bytes, to descriptor: Int32) {
    _ = unsafe posix_write(descriptor, bytes, bytes.count)
  }

  static func names(in directory: Bytes) -> [Bytes] {
    var count = 0
    guard let names = unsafe posix_names(directory.withNul, &count) else { return [] }
    defer { unsafe posix_free(names) }
    var bytes: Bytes = []
    for index in 0..<count { bytes.append(unsafe names[index]) }
    return Array(bytes.pieces(between: 0).dropLast())
  }

  /// Becomes this program; returns only if that fails, with the error's number.
  static func execute(_ path: Bytes, _ arguments: [Bytes], _ environment: [Bytes]) -> Int32 {
    func attempt(_ path: Bytes, _ arguments: [Bytes]) -> Int32 {
      let strings = joined(arguments, environment)
      return -(unsafe posix_execute(path.withNul, strings, arguments.count, environment.count))
    }
    let error = attempt(path, arguments)
    // A script without `#!`: what execvp and every shell do with it.
    guard error == errorCode(posix_no_exec) else { return error }
    return attempt(Bytes("/bin/sh"), [Bytes("/bin/sh"), path] + arguments.dropFirst())
  }

  /// Each string ended by NUL.
  static func joined(_ arguments: [Bytes], _ environment: [Bytes]) -> Bytes {
    var strings: Bytes = []
    for list in [arguments, environment] {
      for string in list {
        strings += string
        strings.append(0)
      }
    }
    return strings
  }

  /// A list that ends with a null pointer, as `main` gets it.
  static func strings(_ list: UnsafePointer<UnsafePointer<UInt8>?>) -> [Bytes] {
    var strings: [Bytes] = []
    var next = unsafe list
    while let string = unsafe next.pointee {
      unsafe strings.append(Bytes(UnsafeBufferPointer(start: string, count: posix_length(string))))
      unsafe next += 1
    }
    return strings
  }

  static func message(_ error: Int32) -> Bytes {
    guard let text = unsafe posix_message(error) else { return [] }
    var bytes: Bytes = []
    var index = 0
    while unsafe text[index] != 0 {
      bytes.append(UInt8(bitPattern: unsafe text[index]))
      index += 1
    }
    return bytes
  }

  static func isMissing(_ error: Int32) -> Bool { error == errorCode(posix_no_entry) }

  private static let pathLimit = Int(errorCode(posix_path_max))

  private static func filled(_ fill: (UnsafeMutablePointer<UInt8>) -> Int) -> Bytes? {
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pathLimit) { buffer in
      let length = unsafe fill(buffer.baseAddress!)
      // A link's target that fills the buffer may have been cut.
      guard length > 0, length < pathLimit else { return nil }
      return unsafe Bytes(buffer[..<length])
    }
  }
}

/// The constants come from an enumeration without a name, whose type differs between importers.
func errorCode<T: BinaryInteger>(_ constant: T) -> Int32 { Int32(constant) }
