import Foundation

/// Makes Mach-O files on Linux: Swift's clang compiles, Debian's lld and LLVM link and put together.
enum AppleCompiler {
  struct Settings {
    var architecture = "arm64"
    var compilerFlags: [String] = []
    var linkerFlags: [String] = []
    var kind = "-bundle"
    /// Below the scratch directory: where macOS has its temporary files.
    var temporary = Self.short
    /// Whether `__FILE__` stands in loaded bytes.
    var isLoaded = false
    var dSYM = false

    static let short = "private/var/folders/7h/p30z_ty15012pf_3dyxbs9340000gn/T"
    static let long = "private/tmp/" + String(repeating: "another/directory/", count: 12) + "T"
  }

  struct Output {
    var image: [UInt8]
    /// The file in the dSYM bundle; empty where none was asked for.
    var dSYM: [UInt8] = []
    var object: [UInt8]
    var archive: [UInt8]
    /// As the files hold it: `/private/var/…/pip-install-…/demo_…`.
    var root: String
  }

  /// The program under its Debian name, newest first.
  static func tool(_ name: String) -> String {
    ["-19", "-18", "-16", ""].map { name + $0 }.first {
      FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
    } ?? name
  }

  static func build(_ settings: Settings = Settings()) throws -> Output {
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "wheelscrub-macho-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let root = try Compiler.randomRoot(under: scratch.appending(path: settings.temporary))
    var sources = Sources.quiet
    // A call through a stub, and zero-filled data.
    sources["whole.c"]! += """

      int outside(int);
      static int counter;
      int count(int by) { counter += outside(by); return counter; }

      """
    if settings.isLoaded { sources["part.c"]! += "\nconst char *where(void) { return __FILE__; }\n" }
    var objects: [String] = []
    for (name, text) in sources { try Data(text.utf8).write(to: root.appending(path: name)) }
    for (number, name) in sources.keys.sorted().enumerated() where name.hasSuffix(".c") {
      let object = name.dropLast() + "o"
      try Compiler.run(
        "clang",
        [
          "-target", "\(settings.architecture)-apple-macos11", "-g", "-O1", "-ffreestanding", "-c",
          "-ffile-prefix-map=\(scratch.path)=", "-o", String(object),
        ] + settings.compilerFlags + [root.appending(path: name).path], in: root)
      let date = Date(timeIntervalSince1970: Double(1_700_000_000 + number + Int.random(in: 0..<100_000)))
      try FileManager.default.setAttributes(
        [.modificationDate: date], ofItemAtPath: root.appending(path: object).path)
      objects.append(String(object))
    }
    try Compiler.run(tool("llvm-ar"), ["--format=darwin", "rcs", "libpart.a", objects[0]], in: root)
    try Compiler.run(
      "env",
      [
        "ZERO_AR_DATE=0", tool("ld64.lld"), settings.kind, "-undefined", "dynamic_lookup",
        "-platform_version", "macos", "11.0", "11.0", "-arch", settings.architecture, "-oso_prefix",
        scratch.path, "-o", "_demo.so",
      ] + settings.linkerFlags.map { $0.replacing("$ROOT", with: root.path.dropFirst(scratch.path.count)) }
        + ["-all_load", "libpart.a"] + objects.dropFirst(), in: root)
    func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }
    var output = Output(
      image: try read("_demo.so"), object: try read(objects[1]), archive: try read("libpart.a"),
      root: String(root.path.dropFirst(scratch.path.count)))
    if settings.dSYM {
      try Compiler.run(tool("dsymutil"), ["--oso-prepend-path", scratch.path, "_demo.so"], in: root)
      output.dSYM = try read("_demo.so.dSYM/Contents/Resources/DWARF/_demo.so")
    }
    return output
  }

  /// One universal binary of these.
  static func universal(_ images: [[UInt8]], _ flags: [String] = []) throws -> [UInt8] {
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "wheelscrub-macho-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    for (index, image) in images.enumerated() {
      try Data(image).write(to: scratch.appending(path: "\(index)"))
    }
    try Compiler.run(
      tool("llvm-lipo"), ["-create"] + flags + images.indices.map(String.init) + ["-output", "fat"],
      in: scratch)
    return Array(try Data(contentsOf: scratch.appending(path: "fat")))
  }

  /// What a program says about a file.
  static func ask(_ name: String, _ arguments: [String], about file: [UInt8]) throws -> String {
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "wheelscrub-macho-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    try Data(file).write(to: scratch.appending(path: "image"))
    return try Compiler.run("timeout", ["60", tool(name)] + arguments + ["image"], in: scratch)
  }
}
