import Formats
import Platform
import ScrubKit

/// Where the results of `fix` go, decided for all files before the first is read.
struct OutputPlan: Sendable {
  private let directory: String?
  /// Why nothing may be written at all: an output that has two inputs, or that is itself an input.
  private(set) var conflicts: [ScrubError] = []

  /// - Parameter directory: of `-w`. Without it and without `inPlace` (`--check`, `--diff`) nothing collides.
  init(files: [InputFile], directory: String?, inPlace: Bool) {
    self.directory = directory
    guard directory != nil || inPlace else { return }

    let identities = files.map { Self.identity(of: $0.path) }
    let inputs = Set(identities)
    var inputOfOutput: [String: String] = [:]
    for (file, identity) in zip(files, identities) {
      let output = directory == nil ? file.path : outputPath(of: file)
      let outputIdentity = directory == nil ? identity : Self.identity(of: output)
      if let other = inputOfOutput.updateValue(file.path, forKey: outputIdentity) {
        let inputs = other == file.path ? "\(other), which is named twice" : "\(other) and \(file.path)"
        refuse(output, "would be written twice, from \(inputs)")
      } else if directory != nil, inputs.contains(outputIdentity) {
        // -w promises that the originals stay.
        refuse(output, "is an input; needs another -w directory, or --in-place")
      }
    }
  }

  func destination(of file: InputFile) -> Destination {
    directory == nil ? .inPlace : .file(outputPath(of: file))
  }

  /// Every path that is read or may be written.
  func paths(_ files: [InputFile]) -> [String] {
    files.map(\.path) + (directory == nil ? [] : files.map(outputPath))
  }

  /// Where results of `-w` go, as far as it exists.
  func directories(_ files: [InputFile]) -> [String] {
    guard let directory else { return [] }
    let all = files.map { file in
      let path = outputPath(of: file)
      return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
    return Set(all + [directory]).filter(Self.isDirectory).sorted()
  }

  /// Creates the directory of `-w`, once for all files: one that cannot be created is one error, not one for
  /// each wheel.
  func makeDirectory() -> ScrubError? {
    guard let directory else { return nil }
    do throws(ScrubError) {
      try Self.createDirectory(directory)
      return nil
    } catch {
      return error
    }
  }

  /// Creates the directories above a destination that do not exist yet.
  static func makeRoom(for destination: Destination) throws(ScrubError) {
    guard case .file(let path) = destination, let slash = path.lastIndex(of: "/") else { return }
    try createDirectory(String(path[..<slash]))
  }

  private func outputPath(of file: InputFile) -> String {
    var path = directory ?? ""
    while path.last == "/" { path.removeLast() }
    return "\(path)/\(file.relativePath)"
  }

  private mutating func refuse(_ output: String, _ message: String) {
    conflicts.append(ScrubError(message, at: Place(path: output)))
  }

  private static func createDirectory(_ path: String) throws(ScrubError) {
    guard !path.isEmpty, !isDirectory(path) else { return }
    if let slash = path.lastIndex(of: "/") { try createDirectory(String(path[..<slash])) }
    // Another file's worker may create the same directory between the question and the call.
    guard unsafe mkdir(path, 0o777) != 0 else { return }
    let reason = errno
    if reason != EEXIST || !isDirectory(path) {
      throw ScrubError("cannot create the directory: \(SystemError.text(reason))", at: Place(path: path))
    }
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// One spelling for each file: links and `..` resolved as far as the path exists.
  static func identity(of path: String) -> String {
    if let resolved = resolve(path) { return resolved }
    let slash = path.lastIndex(of: "/")
    let parent = slash.map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    // A parent that does not exist yet is created later, below one that does.
    guard parent != path, let resolved = resolve(parent) ?? slash.map({ _ in identity(of: parent) }) else {
      return path
    }
    return "\(resolved == "/" ? "" : resolved)/\(name)"
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}

/// The system's own words for an errno value.
enum SystemError {
  static func text(_ code: Int32) -> String {
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}
