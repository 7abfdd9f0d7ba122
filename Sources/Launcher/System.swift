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
      var strings: Bytes = []
      for list in [arguments, environment] {
        for string in list {
          strings += string
          strings.append(0)
        }
      }
      return -(unsafe posix_execute(path.withNul, strings, arguments.count, environment.count))
    }
    let error = attempt(path, arguments)
    // A script without `#!`: what execvp and every shell do with it.
    guard error == errorCode(posix_no_exec) else { return error }
    return attempt(Bytes("/bin/sh"), [Bytes("/bin/sh"), path] + arguments.dropFirst())
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
private func errorCode<T: BinaryInteger>(_ constant: T) -> Int32 { Int32(constant) }
