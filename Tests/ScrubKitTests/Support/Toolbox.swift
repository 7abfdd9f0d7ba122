import Foundation

@testable import Formats
@testable import ScrubKit

extension Scratch {
  var url: URL { URL(filePath: path) }

  func input(_ name: String) -> InputFile {
    InputFile(path: "\(path)/\(name)", relativePath: name, isExplicit: true)
  }

  /// Runs a tool in this directory; throws with its output when it fails.
  @discardableResult
  func run(_ tool: String, _ arguments: String...) throws -> String {
    try Compiler.run(tool, arguments, in: url)
  }

  /// Whether this distribution has a tool that `scripts/setup` calls optional.
  static func has(_ tool: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
    }
  }

  /// As `scripts/setup` installs it: Debian 12's own `llvm` is too old for DWARF 5 of today's compilers.
  static let dwarfdump =
    ["llvm-dwarfdump-16", "llvm-dwarfdump-18", "llvm-dwarfdump-19"].first(where: has) ?? "llvm-dwarfdump"
}
