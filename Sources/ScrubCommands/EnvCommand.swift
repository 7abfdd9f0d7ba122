import ArgumentParser

/// `wheelscrub env`: settings for pip, build, uv or cibuildwheel, for `eval`.
struct EnvCommand: SessionCommand {
  enum Cache: String, CaseIterable, ExpressibleByArgument { case none, ccache, sccache }
  enum Compiler: String, CaseIterable, ExpressibleByArgument {
    case gcc, clang
    var plusPlus: String { self == .gcc ? "g++" : "clang++" }
  }

  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Print settings that keep build directories out of what a build front end compiles.",
    discussion: """
      For the shell: eval "$(wheelscrub env --cache ccache)". Each setting stands below a comment that says what it \
      reaches and what it does not.
      """)

  @Option(help: "The compiler cache behind the launcher.") var cache: Cache = .none
  @Option(help: "The compiler.") var compiler: Compiler = .gcc
  @Option(
    help: ArgumentHelp(
      "Also set SOURCE_DATE_EPOCH, for times in wheels and in __DATE__.", valueName: "seconds"))
  var sourceDateEpoch: String?
  @Option(
    help: ArgumentHelp(
      "The directory of the source, where it has no random name: rustc must be told.", valueName: "dir"))
  var source: String?

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    let launcher = try find(.c, session)
    let rustLauncher = try find(.rust, session)
    var settings = [
      Setting(
        comment: "C in setuptools, meson, CMake, make; not where a project names its own compiler",
        name: "CC",
        value: words(launcher, compiler.rawValue)),
      Setting(
        comment: "C++ likewise", name: "CXX", value: words(launcher, compiler.plusPlus)),
      Setting(
        comment: "C in CMake 3.17 and later, also where a toolchain file names the compiler",
        name: "CMAKE_C_COMPILER_LAUNCHER", value: list(launcher)),
      Setting(comment: "C++ likewise", name: "CMAKE_CXX_COMPILER_LAUNCHER", value: list(launcher)),
    ]
    if let sourceDateEpoch {
      let environment = ["SOURCE_DATE_EPOCH": sourceDateEpoch]
      guard let seconds = try SourceDateEpoch.read(environment) else { return .failure }
      settings.append(
        Setting(
          comment: "times of wheel members, and __DATE__ and __TIME__"
            + (cache == .sccache ? ", though sccache takes it from the compiler" : "")
            + "; not what asks the clock itself",
          name: "SOURCE_DATE_EPOCH", value: String(seconds)))
    }
    settings += try rust(rustLauncher, session.console.environment["RUSTFLAGS"])
    for setting in settings { session.console.write(setting.text, to: .output) }
    return .clean
  }

  private func find(_ program: LauncherProgram, _ session: Session) throws(SettingError) -> String {
    guard let path = session.engine.launcher(program) else {
      throw SettingError(message: "there is no \(program.rawValue) beside wheelscrub")
    }
    return path
  }

  private func words(_ launcher: String, _ compiler: String) -> String {
    // A build system splits it at spaces, mostly as a shell does.
    ([launcher] + behind + [compiler]).map(Setting.quotedIfNeeded).joined(separator: " ")
  }

  private func list(_ launcher: String) -> String { ([launcher] + behind).joined(separator: ";") }

  private var behind: [String] { cache == .none ? [] : [cache.rawValue] }

  private func rust(_ launcher: String, _ flags: String?) throws(SettingError) -> [Setting] {
    var settings = [
      Setting(
        comment: "Rust in cargo, maturin, setuptools-rust: crates that are built in a random directory",
        name: "RUSTC_WRAPPER", value: launcher)
    ]
    if cache == .sccache {
      settings.append(
        Setting(
          comment: "sccache behind that, for libraries; programs and modules are linked each time",
          name: "WHEELSCRUB_RUSTC_CACHE", value: cache.rawValue))
    }
    // The crate knows wrappers by their file's name, whatever path CC has for it. It then puts no RUSTC_WRAPPER before CC.
    settings.append(
      Setting(
        comment: "C in Rust's build scripts (the cc crate), also where RUSTC_WRAPPER is a cache",
        name: "CC_KNOWN_WRAPPER_CUSTOM", value: LauncherProgram.c.rawValue))
    guard let source else { return settings }
    guard !source.contains(" "), source.hasPrefix("/") else {
      throw SettingError(
        message: "--source: needs an absolute path without spaces, where RUSTFLAGS is split, there is "
          + "\"\(Escape.terminalSafe(source))\"")
    }
    let map = "--remap-path-prefix=\(source)=."
    settings.append(
      Setting(
        comment: "Rust in that directory: paths in debug info and panics; sccache misses it from another one",
        name: "RUSTFLAGS",
        value: [flags, map].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")))
    return settings
  }
}

/// A variable, and one line on what it does.
private struct Setting {
  var comment: String
  var name: String
  var value: String

  var text: String { "# \(comment)\nexport \(name)=\(Self.quoted(value))\n" }

  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  static func quotedIfNeeded(_ word: String) -> String {
    word.contains { " \t\"'\\$`*?;&|<>()#~".contains($0) } ? quoted(word) : word
  }
}
