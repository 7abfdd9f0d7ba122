/// Looks for programs in PATH and never finds ourselves: in a directory of links with compilers' names we
/// would start ourselves for ever.
struct ProgramSearch {
  let directories: [Bytes]
  private let own: Identity?

  /// - Parameter path: the value of PATH.
  init(path: Bytes?, own: Identity?) {
    directories = (path ?? Self.usual).pieces(between: UInt8(ascii: ":"))
    self.own = own
  }

  struct Found {
    var path: Bytes
    /// PATH without the directories in which ours came first; nil if none did. A cache that looks for the
    /// compiler by its name must not find us either.
    var cleanedPath: Bytes?
  }

  /// The file that a word of a command stands for, nil if there is none.
  func program(_ word: Bytes) -> Found? {
    if word.contains(Ascii.slash), !isOwn(word) { return Found(path: word) }
    let name = lastComponent(of: word)
    guard !name.isEmpty else { return nil }
    var skipped: [Int] = []
    for index in directories.indices {
      let path = join(directories[index], name)
      guard System.isProgram(path) else { continue }
      if isOwn(path) {
        skipped.append(index)
        continue
      }
      return Found(path: path, cleanedPath: skipped.isEmpty ? nil : joined(without: skipped))
    }
    return nil
  }

  /// The next program of this name that is not the one at `path`.
  func program(behind path: Bytes, word: Bytes) -> Bytes? {
    let name = lastComponent(of: word)
    let first = System.identity(of: path)
    for directory in directories {
      let candidate = join(directory, name)
      if System.isProgram(candidate), !isOwn(candidate), System.identity(of: candidate) != first {
        return candidate
      }
    }
    return nil
  }

  private func isOwn(_ path: Bytes) -> Bool {
    guard let own else { return false }
    return System.identity(of: path) == own
  }

  /// An empty entry of PATH is the working directory.
  private func join(_ directory: Bytes, _ name: Bytes) -> Bytes {
    directory.isEmpty ? Bytes("./") + name : directory + [Ascii.slash] + name
  }

  private func joined(without skipped: [Int]) -> Bytes {
    var path: Bytes?
    for index in directories.indices where !skipped.contains(index) {
      path = (path.map { $0 + [UInt8(ascii: ":")] } ?? []) + directories[index]
    }
    return path ?? Self.usual
  }

  /// What execvp uses where PATH is not set.
  private static let usual = Bytes("/bin:/usr/bin")
}
