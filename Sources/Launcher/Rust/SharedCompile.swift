/// A compile whose cache sees the same directories, arguments and variables in every random directory.
struct SharedCompile {
  let crate: RustCrate
  private let slots: [Slot]
  private let names: StableNames
  let words: [Bytes]
  private let environment: Environment
  private let workingDirectory: Bytes

  enum Prepared {
    case ready(SharedCompile)
    case not(RustReason)
  }

  /// Takes the places of all random directories, or of none.
  ///
  /// - Parameters:
  ///   - cache: where sccache is, an absolute path as that of rustc.
  static func prepare(
    _ crate: RustCrate, cache: Bytes, compiler: Bytes, maps: RustMaps, _ environment: Environment
  ) -> Prepared {
    if let reason = obstacle(crate, compiler: compiler, environment) { return .not(reason) }
    let inputs = UnseenInputs.find(crate.compile, crate.roots, directory: crate.directory, environment)
    if inputs == .tooMany { return .not(.inputs) }
    guard let place = StablePlace.find(environment) else { return .not(.noPlace) }
    var slots: [Slot] = []
    for root in crate.roots.all {
      guard let slot = Slot.take(root.name, root: root.path, in: place) else {
        for slot in slots { slot.leave() }
        return .not(.busy)
      }
      slots.append(slot)
    }
    guard let shared = SharedCompile(crate, slots, cache, compiler, maps, environment, inputs) else {
      for slot in slots { slot.leave() }
      return .not(.noPlace)
    }
    return .ready(shared)
  }

  /// What the names of this compile do not allow.
  private static func obstacle(_ crate: RustCrate, compiler: Bytes, _ environment: Environment) -> RustReason?
  {
    let roots = crate.roots.all
    guard roots.allSatisfy({ $0.isPlain }) else { return .plainName }
    for index in roots.indices where roots[..<index].contains(where: { $0.name == roots[index].name }) {
      return .sameName
    }
    if let here = crate.roots.root(of: crate.directory) {
      guard here.rest.isPlain, WorkingMirror.name(here.rest).count < 256 else { return .plainName }
      // The working directory becomes another one, with the same names in it and other ones beside it.
      let paths = crate.compile.paths.map { crate.compile.text(of: $0) }
      guard paths.allSatisfy({ $0.first == Ascii.slash }), !crate.compile.source.hasPrefix("..") else {
        return .relativePath
      }
    }
    // rustup looks for its settings in the parents of the working directory, unless cargo has asked it already.
    let isProxy = System.realPath(compiler).map { lastComponent(of: $0).isText("rustup") } ?? false
    return isProxy && environment["RUSTUP_TOOLCHAIN"] == nil ? .proxy : nil
  }

  private init?(
    _ crate: RustCrate, _ slots: [Slot], _ cache: Bytes, _ compiler: Bytes, _ maps: RustMaps,
    _ environment: Environment, _ inputs: UnseenInputs.Outcome
  ) {
    self.crate = crate
    self.slots = slots
    let roots = crate.roots.all
    var links: [StableNames.Link] = []
    var maps = maps
    for index in roots.indices {
      links.append(StableNames.Link(root: roots[index].path, link: slots[index].link))
      maps.add(slots[index].link, roots[index].stable)
    }
    names = StableNames(links: links)
    if let here = crate.roots.root(of: crate.directory), let index = roots.firstIndex(of: here.root) {
      guard let mirror = WorkingMirror.make(in: slots[index], rest: here.rest) else { return nil }
      maps.add(mirror, here.root.stable + here.rest)
      workingDirectory = mirror
    } else {
      workingDirectory = crate.directory
    }
    words = [cache, compiler] + names.arguments(of: crate.compile) + maps.arguments
    var variables = names.environment(environment)
    if case .digest(let digest) = inputs { variables["CARGO_WHEELSCRUB_INPUTS"] = digest }
    self.environment = variables
  }

  /// Compiles, or fetches what was compiled, and gives the depfile its true names.
  ///
  /// - Returns: the exit status, nil where the crate is to be compiled without the cache: whatever fails here may fail
  ///   because of the other names.
  func run() -> Int32? {
    var isDone = false
    let ended = System.run(words[0], words, environment.variables, in: workingDirectory) { ended in
      isDone = ended == .exit(0) && restoreDepfile()
      if case .signal(let number) = ended { return System.isRequest(number) }
      return isDone
    }
    switch ended {
    // rustc's own: 1 for errors, 101 where it gave up. Whatever else it is, the server may be at work still.
    case .exit(0), .exit(1), .exit(101), .notStarted: for slot in slots { slot.leave() }
    case .exit: for slot in slots { slot.abandon() }
    case .signal(let number):
      for slot in slots { slot.abandon() }
      if System.isRequest(number) {
        System.end(by: number)
        return 128 + number
      }
    }
    return isDone ? 0 : nil
  }

  private func restoreDepfile() -> Bool {
    guard let name = crate.compile.depfile, let place = crate.compile.outputDirectory else { return true }
    return DepInfo.restore(crate.compile.text(of: place) + [Ascii.slash] + name, names)
  }
}
