import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ConvergenceTests {
  private func notes(_ library: [UInt8], fix: Bool = false) throws -> [Note] {
    try ImageScrub(options: Options()).run(Bytes(library), fix: fix).notes
  }

  @Test(arguments: [false, true]) func pathsInLoadedStrings(_ fix: Bool) throws {
    let notes = try notes(Compiler.sharedLibrary("gcc", ["-g0"]), fix: fix)
    #expect(notes.count == 1 && notes[0].isDetail, "\(notes)")
    #expect(notes[0].message.contains(".rodata") && notes[0].message.contains("-ffile-prefix-map="))
    #expect(try self.notes(Compiler.sharedLibrary(sources: Sources.quiet), fix: fix).isEmpty)
  }

  @Test func intermediateCodeIsNamedEvenWithoutAHit() throws {
    let flags = ["-r", "-nostdlib", "-flto", "-flinker-output=rel", "-g0", "-Wl,--build-id=none"]
    let library = try Compiler.sharedLibrary("gcc", flags, sources: Sources.quiet)
    let notes = try notes(library)
    #expect(notes.contains { !$0.isDetail && $0.message.contains("-frandom-seed") }, "\(notes)")
  }

  @Test func versionsNamedAfterTheOutput() throws {
    let notes = try notes(GoldLibrary.build(), fix: true)
    #expect(notes.contains { $0.place.section == ".gnu.version_d" && !$0.isDetail }, "\(notes)")
  }
}
