import Formats

/// Sources that a relocation writes anew, and the bytecode that was compiled from what they were: it would keep the
/// old directories as constants, and Python would run it where its header is not compared. So it goes, and Python
/// compiles anew. Found out before anything is written, because afterwards a source no longer tells what it was.
struct RelocatedSources: Sendable {
  /// `.pyc` files among the inputs that go.
  private(set) var stale: Set<Int> = []
  /// Sources that stay, because of bytecode that is not among the inputs.
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

  /// Whether `fix` writes another content; what cannot be read is for it to say.
  private static func changes(_ file: InputFile, _ options: Options) -> Bool {
    guard let carrier = file.carrier, file.path.hasSuffix(".py"),
      let content = try? MappedFile.open(file.path)
    else { return false }
    let options = options.narrowed(to: Place(path: file.path), isExplicit: true) ?? options
    let outcome = try? CarrierScrub(options: options, carrier: carrier).run(content.bytes, fix: true)
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
