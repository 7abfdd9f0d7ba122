internal import CStart
import Platform

/// A program that starts compilers. It lies beside this one.
public enum LauncherProgram: String, Sendable {
  case c = "wheelscrub-cc"
  case rust = "wheelscrub-rustc"

  /// Its full path, nil if it is not there.
  var path: String? {
    // Links are followed: environments link to programs that lie together elsewhere. An empty root has no /proc.
    guard let own = unsafe realpath("/proc/self/exe", nil) ?? realpath(start_path(), nil) else { return nil }
    defer { unsafe free(own) }
    let program = unsafe String(cString: own)
    let sibling = program[...(program.lastIndex(of: "/") ?? program.startIndex)] + rawValue
    return unsafe access(String(sibling), X_OK) == 0 ? String(sibling) : nil
  }

  /// Becomes it, with the arguments of this process behind `wheelscrub cc` and the like, byte for byte: file names need not
  /// be UTF-8, and a String would replace what is not.
  ///
  /// - Returns: why it could not be started.
  func become() -> String {
    guard let path else { return "\(rawValue): there is no such program beside wheelscrub" }
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup(path)]
    for index in 2..<max(2, StartArguments.count) {
      unsafe arguments.append(StartArguments.unsafePointer(index))
    }
    unsafe arguments.append(nil)
    unsafe execv(path, arguments)
    return unsafe "\(path): \(String(cString: strerror(errno)))"
  }
}
