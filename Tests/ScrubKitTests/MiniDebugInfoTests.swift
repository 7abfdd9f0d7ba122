import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// `.gnu_debugdata`, as Fedora's packages have it: made by objcopy and xz on the fly.
@Suite struct MiniDebugInfoTests {
  @Test(arguments: [false, true]) func leaksInsideAreReported(_ fix: Bool) throws {
    let outcome = try ImageScrub(options: Options()).run(Bytes(try MiniDebugInfo.library()), fix: fix)
    let inside = outcome.findings.filter { $0.place.section == ".gnu_debugdata!.strtab" }
    #expect(inside.count == 1, "\(outcome.findings.map(\.place))")
    let finding = try #require(inside.first)
    #expect(finding.root == "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef")
    guard case .left(let reason) = finding.fate else {
      Issue.record("\(finding.fate)")
      return
    }
    #expect(reason.contains("xz") && reason.contains("-ffile-prefix-map"))
    #expect(
      outcome.notes.contains { $0.place.section == ".gnu_debugdata" && $0.message.contains("build-id") })
    guard fix else { return }
    // All the rest is fixed, and gdb still unpacks what was left.
    #expect(outcome.findings.filter { !$0.isFixable } == inside)
    let scratch = Scratch()
    _ = scratch.file("x.so", try #require(outcome.output).array())
    try scratch.run(
      "objcopy", "-O", "binary", "--only-section=.gnu_debugdata", "--set-section-flags",
      ".gnu_debugdata=alloc", "x.so", "mini.xz")
    try scratch.run("xz", "-d", "mini.xz")
    #expect(try scratch.run("nm", "mini").contains("pip-install"))
  }

  @Test func anImageInsideWithoutLeaksIsNoFinding() throws {
    let outcome = try ImageScrub(options: Options()).run(
      Bytes(try MiniDebugInfo.library(leak: false)), fix: true)
    #expect(outcome.findings.allSatisfy(\.isFixable) && outcome.output != nil)
  }

  /// Fedora's own recipe: a stripped debug file, whose empty segments lie behind its end. Many published wheels have
  /// such libraries in `*.libs`.
  @Test func emptySegmentsNeedNoPlaceInTheFile() throws {
    let scratch = Scratch()
    _ = scratch.file("x.so", try Compiler.sharedLibrary(sources: Sources.quiet))
    try scratch.run("objcopy", "--only-keep-debug", "x.so", "debug")
    try scratch.run("objcopy", "-S", "--remove-section", ".comment", "debug", "mini")
    let mini = scratch.read("mini")
    let headers = try scratch.run("readelf", "-lW", "mini")
    let behind = headers.split(separator: "\n").compactMap { line -> Int? in
      let words = line.split(separator: " ")
      return words.count > 5 && words[4] == "0x000000" ? Int(words[1].dropFirst(2), radix: 16) : nil
    }
    try #require(behind.contains { $0 > mini.count }, "\(headers)")
    #expect(try ImageScrub(options: Options()).run(Bytes(mini), fix: true).findings.isEmpty)

    try scratch.run("xz", "-9", "-k", "mini")
    try scratch.run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "x.so")
    _ = try ImageScrub(options: Options()).run(Bytes(scratch.read("x.so")), fix: true)
  }

  /// Published wheels have libraries whose inner image kept the segments of the one that it was made from.
  @Test func headersThatLieInsideHideNothing() throws {
    let scratch = Scratch()
    var mini = try Compiler.sharedLibrary()
    // p_filesz of the first program header, ELF64.
    mini.replaceSubrange(64 + 32..<64 + 40, with: [0, 0, 0, 0x7f, 0, 0, 0, 0])
    _ = scratch.file("mini", mini)
    _ = scratch.file("x.so", try Compiler.sharedLibrary(sources: Sources.quiet))
    try scratch.run("xz", "-9", "-k", "mini")
    try scratch.run("objcopy", "--add-section", ".gnu_debugdata=mini.xz", "x.so")
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("x.so")), fix: true)
    #expect(outcome.findings.contains { $0.place.section == ".gnu_debugdata" })
  }

  @Test func damagedDataIsAnErrorThatNamesThePlace() throws {
    let library = try MiniDebugInfo.library()
    let range = try #require(try ElfImage(Bytes(library)).section(named: ".gnu_debugdata")?.fileRange)
    for offset in [0, 20, range.count / 2, range.count - 20, range.count - 1] {
      var damaged = library
      damaged[range.lowerBound + offset] ^= 0x55
      let text = errorText { () throws(ScrubError) in
        _ = try ImageScrub(options: Options()).run(Bytes(damaged), fix: true)
      }
      #expect(
        text?.contains(".gnu_debugdata") == true && text?.contains("xz") == true, "\(text ?? "no error")")
    }
  }

  /// What inflates enormously is read; what asks for more memory than the limit is refused before it gets any.
  @Test func sizesAreBounded() throws {
    let scratch = Scratch()
    try scratch.run("sh", "-c", "head -c 50000000 /dev/zero | xz -9 > zeros.xz")
    #expect(try Inflate.xz(Bytes(scratch.read("zeros.xz"))).count == 50_000_000)
    try scratch.run("sh", "-c", "head -c 1000 /dev/zero | xz --lzma2=dict=1GiB > huge.xz")
    let text = errorText { () throws(ScrubError) in _ = try Inflate.xz(Bytes(scratch.read("huge.xz"))) }
    #expect(text?.contains("bytes of memory") == true, "\(text ?? "no error")")
    #expect(errorText { () throws(ScrubError) in _ = try Inflate.xz(Bytes([1, 2, 3])) } != nil)
  }
}
