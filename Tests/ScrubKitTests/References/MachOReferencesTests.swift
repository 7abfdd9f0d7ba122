import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// The same for Mach-O. lld for Mach-O lets no strings share their ends, so the constant inside the path is written down.
@Suite struct MachOReferencesTests {
  static let root = SharedBytesTests.root

  enum Kind: String, CaseIterable, Sendable {
    case code, pointer, nothing

    func source(_ architecture: String) -> String {
      let tail = MachOReferencesTests.root.count - 2
      let take = { (label: String) in
        architecture == "arm64"
          ? "  adrp x0, \(label)@PAGE\n  add x0, x0, \(label)@PAGEOFF\n  ret\n"
          : "  leaq \(label)(%rip), %rax\n  ret\n"
      }
      return """
          .section __TEXT,__const
        Lpath:
          .ascii "\(MachOReferencesTests.root.prefix(tail))"
        Ltail:
          .asciz "\(MachOReferencesTests.root.suffix(2))"
          .section __DATA,__const
          .p2align 3
        _table:
          .quad \(self == .pointer ? "Ltail" : "Lpath")
          .text
          .p2align 2
          .globl _path, _tail
        _path:
        \(take("Lpath"))
        _tail:
        \(self == .code ? take("Ltail") : take("_table"))
        .subsections_via_symbols
        """
    }
  }

  @Test(arguments: ["arm64", "x86_64"], Kind.allCases)
  func constantsInsideAPathAreSeen(architecture: String, kind: Kind) throws {
    for flag in ["-fixup_chains", "-no_fixup_chains"] { try check(architecture, kind, flag) }
  }

  private func check(_ architecture: String, _ kind: Kind, _ flag: String) throws {
    let scratch = Scratch()
    _ = scratch.file("a.s", Array(kind.source(architecture).utf8))
    try scratch.run("clang", "-target", "\(architecture)-apple-macos12", "-c", "a.s", "-o", "a.o")
    try scratch.run(
      AppleCompiler.tool("ld64.lld"), "-dylib", "-platform_version", "macos", "12.0", "12.0", "-arch",
      architecture, flag, "-o", "a.dylib", "a.o")
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.dylib")), fix: true)
    let fates = outcome.findings.map(\.fate)
    #expect(fates.count == 1)
    guard kind != .nothing else {
      #expect(fates == [.inPlace])
      return
    }
    guard case .left(let reason)? = fates.first else {
      Issue.record("\(fates)")
      return
    }
    #expect(reason.hasPrefix("another constant shares its bytes: "))
    #expect(reason.hasSuffix("refers to its byte \(Self.root.count - 2)"), "\(reason)")
    #expect(reason.contains(kind == .code ? "__TEXT,__text" : "pointer"), "\(reason)")
  }
}
