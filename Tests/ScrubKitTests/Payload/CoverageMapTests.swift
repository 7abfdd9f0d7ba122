import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// The names in coverage maps and profiles, whose hashes stand beside them.
@Suite struct CoverageMapTests {
  /// Swift's clang, whose own tools of the same version read its maps.
  private func built(_ scratch: Scratch, _ flags: [String]) throws -> (root: String, name: String) {
    let root = scratch.path + TestPayload.root
    let directory = "." + TestPayload.root
    _ = scratch.file("\(directory)/h.h", Array("static inline int g(int x) { return x ? x : 1; }\n".utf8))
    _ = scratch.file(
      "\(directory)/x.c",
      Array(
        """
        #include "h.h"
        static int f(int x) { return x > 3 ? g(x) : 0; }
        int main(int c, char **v) { return f(c) > 9; }

        """.utf8))
    try Compiler.run(
      "clang",
      ["-O1", "-fprofile-instr-generate", "-fcoverage-mapping"] + flags
        + ["\(root)/x.c", "-o", "\(scratch.path)/m"],
      in: URL(filePath: root))
    return (root, "m")
  }

  @Test(arguments: [[], ["-mllvm", "-enable-name-compression=false"]])
  func `llvm-cov reads the map after fix as before`(flags: [String]) throws {
    let scratch = Scratch()
    _ = try built(scratch, flags)
    let input = scratch.read("m")
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    let isPlain = !flags.isEmpty
    let inMap = outcome.findings.filter { $0.place.section?.hasPrefix("__llvm_cov") ?? false }
    #expect(!inMap.isEmpty && inMap.allSatisfy { !$0.isFixable })
    #expect(inMap.contains { $0.place.section == "__llvm_covmap" } == isPlain)
    #expect(inMap.contains { $0.place.section?.contains("(zlib)") ?? false } == !isPlain)
    for finding in outcome.findings where finding.place.section?.hasPrefix("__llvm_") ?? false {
      guard case .left(let reason) = finding.fate else {
        Issue.record("\(finding.place)")
        continue
      }
      #expect(reason.contains("-fcoverage-prefix-map") && reason.contains("hash"))
    }
    // Those of clang's own version: others know another format.
    func tool(_ name: String) throws -> String {
      try scratch.run("clang", "-print-prog-name=\(name)").trimmingCharacters(in: .whitespacesAndNewlines)
    }
    // The program of both runs the same lines.
    var reports: [String] = []
    for (name, bytes) in [("before", input), ("after", outcome.output?.array() ?? input)] {
      _ = scratch.file(name, bytes)
      try scratch.run("chmod", "+x", name)
      try scratch.run("env", "LLVM_PROFILE_FILE=p.profraw", "./\(name)")
      try scratch.run(tool("llvm-profdata"), "merge", "p.profraw", "-o", "p.profdata")
      reports.append(
        try scratch.run(tool("llvm-cov"), "export", "-summary-only", "-instr-profile", "p.profdata", name))
    }
    #expect(reports[0] == reports[1] && reports[0].contains("x.c"))
  }

  @Test func `a Mach-O object's map stays`() throws {
    let scratch = Scratch()
    _ = try built(scratch, ["-target", "arm64-apple-macos11", "-c", "-ffreestanding"])
    let findings = try PayloadTests.fix(scratch.read("m")).findings
    let inMap = findings.filter { $0.place.section?.hasPrefix("__LLVM_COV,__llvm_cov") ?? false }
    #expect(!inMap.isEmpty && inMap.allSatisfy { !$0.isFixable })
  }
}
