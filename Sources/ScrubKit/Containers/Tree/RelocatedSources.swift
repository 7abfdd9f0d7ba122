import Formats

/// Sources that a relocation rewrites, and the bytecode compiled from their old contents. That bytecode would keep the
/// old directories as constants, and Python would run it wherever its header is not compared. So it is removed, and
/// Python compiles again. Determined before anything is written, because afterwards a source no longer shows what it
/// was.
struct RelocatedSources: Sendable {
  /// `.pyc` files among the inputs that are removed.
  private(set) var stale: Set<Int> = []
  /// Sources left unchanged because some of their bytecode is not among the inputs.
  private(set) var kept: [Int: String] = [:]

  init(_ files: [InputFile], options: Options) {
    guard !options.relocations.isEmpty else { return }
    var inputs: [String: Int]?
    for (index, file) in files.enumerated() where Self.changes(file, options) {
      var own: [Int] = []
      for bytecode in PythonSource.bytecode(of: file.path) {
        if inputs == nil { inputs = Self.byRealPath(files) }
        guard let real = try? AtomicWrite.realPath(bytecode), let number = inputs?[real] else {
          kept[index] = "\(bytecode) is compiled from it and was not given with it: give the directory"
          break
        }
        own.append(number)
      }
      if kept[index] == nil { stale.formUnion(own) }
    }
  }

  /// Whether `fix` writes different content; errors in reading it are left for `fix` to report.
  private static func changes(_ file: InputFile, _ options: Options) -> Bool {
    guard let treeFile = file.treeFile, file.path.hasSuffix(".py"),
      let content = try? MappedFile.open(file.path)
    else { return false }
    let options = options.narrowed(to: Place(path: file.path), isExplicit: true) ?? options
    let outcome = try? TreeFileScrub(options: options, treeFile: treeFile).run(content.bytes, fix: true)
    return outcome?.output != nil
  }

  private static func byRealPath(_ files: [InputFile]) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for (index, file) in files.enumerated() where file.path.hasSuffix(".pyc") {
      if let real = try? AtomicWrite.realPath(file.path) { numbers[real] = index }
    }
    return numbers
  }
}
