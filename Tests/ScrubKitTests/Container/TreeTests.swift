import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct TreeTests {
  let scratch = Scratch()
  private static let elf = Array("\u{7f}ELF....".utf8)
  private static let zip = TestZip([]).bytes()

  @Test func keepsWheelsAndImagesInByteOrder() {
    for name in ["b.so", "a/z.so", "a.so", "a/B.so", "Z", "é.so"] { _ = scratch.file(name, Self.elf) }
    _ = scratch.file("x.whl", Self.zip)
    _ = scratch.file("x.zip", Self.zip)
    _ = scratch.file("broken.whl", Array("no zip".utf8))
    _ = scratch.file("fake.so", Array("text".utf8))
    _ = scratch.file("empty.so")
    _ = scratch.file("short.so", [0x7f])
    unsafe symlink("b.so", scratch.path + "/link.so")
    unsafe symlink("..", scratch.path + "/a/loop")
    unsafe mkfifo(scratch.path + "/pipe.so", 0o600)
    let (files, errors) = Tree.expand([scratch.path + "/"])
    #expect(errors.isEmpty)
    #expect(
      files.map(\.relativePath) == [
        "Z", "a/B.so", "a/z.so", "a.so", "b.so", "broken.whl", "x.whl", "x.zip", "é.so",
      ])
    // A wheel that is none is no silent pass.
    let broken = files.first { $0.relativePath == "broken.whl" }.map { Scrub(Options()).check($0) }
    #expect(broken?.errors.count == 1)
    #expect(files.allSatisfy { $0.path == "\(scratch.path)/\($0.relativePath)" && !$0.isExplicit })
  }

  @Test func namedFilesAreKept() {
    let text = scratch.file("a.txt", Array("text".utf8))
    let missing = scratch.path + "/missing"
    let (files, errors) = Tree.expand([missing, text, scratch.path])
    #expect(files == [InputFile(path: text, relativePath: "a.txt", isExplicit: true)])
    #expect(errors.map(\.description) == ["\(missing): cannot be read: no such file or directory"])
  }

  @Test func sameFileTwice() {
    let file = scratch.file("d/x.so", Self.elf)
    unsafe link(file, scratch.path + "/d/y.so")
    unsafe symlink("d/x.so", scratch.path + "/link.so")
    let (files, errors) = Tree.expand([scratch.path + "/link.so", scratch.path + "/d", file, scratch.path])
    #expect(errors.isEmpty)
    // The other hard link is a file of its own.
    #expect(files.map(\.relativePath) == ["link.so", "y.so"])
  }

  @Test func namesThatAreNotText() throws {
    let path = Array((scratch.path + "/d/x").utf8).map { CChar(bitPattern: $0) } + [-1, 0]
    _ = scratch.file("d/a.so", Self.elf)
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
    unsafe write(descriptor, Self.elf, 8)
    close(descriptor)
    let (files, errors) = Tree.expand([scratch.path])
    #expect(files.map(\.relativePath) == ["d/a.so"])
    #expect(errors.map(\.message) == ["name is not UTF-8"])
  }

  @Test func whatIsNotUnderstoodIsRefused() {
    func error(_ name: String, _ content: [UInt8]) -> String? {
      let input = InputFile(path: scratch.file(name, content), relativePath: name, isExplicit: true)
      return Scrub(Options()).check(input).errors.first?.message
    }
    #expect(error("c.whl", [1])?.hasSuffix("not a zip file") == true)
    #expect(error("d.whl", []) == "file is empty")
    #expect(error("e", [1])?.contains("is none of what is checked: a wheel") == true)
  }
}
