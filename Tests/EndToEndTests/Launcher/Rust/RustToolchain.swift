import Foundation
import Testing

/// The launcher of rustc beside the program under test.
let rustLauncher = (Workspace.wheelscrub as NSString).deletingLastPathComponent + "/wheelscrub-rustc"

/// rustc and cargo, wherever the developer has them.
enum RustToolchain {
  /// The directory of both; nil where there is no Rust. A proxy of rustup's needs the developer's home, so the programs
  /// behind it are taken.
  static let directory: String? = {
    let own = ProcessInfo.processInfo.environment
    let search = (own["PATH"] ?? "") + ":" + (own["HOME"] ?? "/root") + "/.cargo/bin"
    for place in search.split(separator: ":") where isProgram("\(place)/rustc") {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "\(place)/rustc")
      process.arguments = ["--print", "sysroot"]
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { continue }
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let directory = text.trimmingCharacters(in: .newlines) + "/bin"
      if isProgram(directory + "/rustc"), isProgram(directory + "/cargo") { return directory }
    }
    return nil
  }()

  static let isInstalled: Bool = directory != nil

  /// For a build: the programs in PATH.
  static let environment: [String: String] = [
    "PATH": (directory.map { $0 + ":" } ?? "") + Workspace.shared.environment["PATH"]!
  ]

  private static func isProgram(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }
}

/// The crates of fixtures/rust-demo in a random directory.
struct RustDemo {
  let root: String

  init() throws {
    root = try RandomDirectory.make("rusty")
    try FileManager.default.removeItem(atPath: root)
    try FileManager.default.copyItem(atPath: Workspace.repository + "/fixtures/rust-demo", toPath: root)
  }

  /// Runs cargo with the launcher.
  ///
  /// - Parameter cache: sccache, with its settings.
  func cargo(_ arguments: [String], cache: CompilerCache? = nil, environment: [String: String] = [:])
    async throws
    -> Outcome
  {
    var settings = RustToolchain.environment
    settings["RUSTC_WRAPPER"] = rustLauncher
    settings["CC"] = "\(launcher) gcc"
    settings["WHEELSCRUB_RUSTC_LOG"] = root + ".log"
    if let cache {
      settings.merge(cache.environment) { $1 }
      settings["WHEELSCRUB_RUSTC_CACHE"] = cache.words[0]
    }
    return try await Tools.run(
      "\(RustToolchain.directory!)/cargo", arguments + ["--offline"], in: root,
      environment: settings.merging(environment) { $1 }, limit: 300)
  }

  var log: [String] { (try? String(contentsOfFile: root + ".log", encoding: .ascii))?.lines ?? [] }

  /// The sha256 of every library, macro and build script, by its path below the target directory.
  func sums(_ profile: String = "release") async throws -> [String] {
    try await Tools.output(
      of: "/bin/bash",
      [
        "-c",
        "find . \\( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o -name build-script-build \\) -print0"
          + " | sort -z | xargs -0 sha256sum",
      ], in: "\(root)/target/\(profile)"
    ).lines
  }

  /// What the program says of itself.
  func text(_ profile: String = "release") async throws -> String {
    try await Tools.output(
      of: Tools.python,
      [
        "-c",
        "import ctypes; f = ctypes.CDLL('target/\(profile)/librusty.so').rusty_text;"
          + " f.restype = ctypes.c_char_p; print(f().decode(), end='')",
      ], in: root)
  }

  func replace(_ old: String, _ new: String, in file: String) throws {
    let path = "\(root)/\(file)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(old))
    // In place and with a later time, as an editor leaves it.
    try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: 5)], ofItemAtPath: path)
  }
}

/// What the crates of the demo say when nothing is changed.
let demoText = "24|helper/src/lib.rs|src/lib.rs|from the root|leaf/src/lib.rs:2from the helper"
