import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct MappedFileTests {
  let scratch = Scratch()

  private func openError(_ path: String) -> String? {
    errorText { () throws(ScrubError) in _ = try MappedFile.open(path) }
  }

  @Test func mapsContent() throws {
    let path = scratch.file("x", Array("hello".utf8))
    let file = try MappedFile.open(path)
    #expect(file.bytes.array() == Array("hello".utf8))
    #expect(file.identity.size == 5)
    #expect(try FileIdentity(path: path) == file.identity)
  }

  @Test func bytesOutliveTheFile() throws {
    func slice() throws -> Bytes { try MappedFile.open(scratch.file("x", Array("hello".utf8))).bytes[1..<3] }
    #expect(try slice().array() == Array("el".utf8))
  }

  @Test func emptyFile() throws {
    #expect(try MappedFile.open(scratch.file("x")).bytes.isEmpty)
  }

  @Test func refusesWhatIsNoFile() {
    let pipe = scratch.path + "/pipe"
    unsafe mkfifo(pipe, 0o600)
    #expect(openError(pipe) == "\(pipe): needs a regular file, is a named pipe")
    #expect(openError(scratch.path) == "\(scratch.path): needs a regular file, is a directory")
    #expect(openError("/dev/null") == "/dev/null: needs a regular file, is a device")
    let missing = scratch.path + "/missing"
    #expect(openError(missing) == "\(missing): cannot be opened: no such file or directory")
    #expect(openError(scratch.file("file") + "/x")?.hasSuffix("not a directory") == true)
  }

  @Test func noticesChanges() throws {
    let path = scratch.file("x", Array("hello".utf8))
    let file = try MappedFile.open(path)
    try file.checkUnchanged()
    unsafe truncate(path, 2)
    #expect(throws: ScrubError.self) { try file.checkUnchanged() }
  }

  @Test func magic() throws {
    #expect(FileKind.of(Bytes(Array("PK\u{3}\u{4}...".utf8))) == .zip)
    #expect(FileKind.of(Bytes(Array("\u{7f}ELF".utf8))) == .elf)
    #expect(FileKind.of(Bytes(Array("\u{7f}EL".utf8))) == .other)
    #expect(FileKind.of(Bytes([])) == .other)
    #expect(FileKind.of(TestZip([]).bytes()) == .zip)
  }
}
