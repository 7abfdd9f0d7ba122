import Foundation

/// A library whose version definitions name its own path, as gold writes them.
enum GoldLibrary {
  static func build() throws -> [UInt8] {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try Compiler.randomRoot(under: base)
    try Data("int run(void) { return 1; }".utf8).write(to: root.appending(path: "x.c"))
    try Data("V1 { global: *; };".utf8).write(to: root.appending(path: "x.map"))
    try Compiler.run(
      "gcc",
      [
        "-fuse-ld=gold", "-shared", "-fPIC", "-Wl,--version-script=x.map", "x.c", "-o",
        root.appending(path: "out.so").path,
      ], in: root)
    return Array(try Data(contentsOf: root.appending(path: "out.so")))
  }
}
