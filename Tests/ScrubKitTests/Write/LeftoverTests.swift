import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Directories that look like what an interrupted run left, made by whoever packed the tree.
@Suite struct LeftoverTests {
  let scratch = Scratch()

  /// A directory with the name of one of ours, and its inode number.
  private func directory(_ parent: String = "") throws -> (path: String, prefix: String) {
    let path = "\(scratch.path)/\(parent).wheelscrub-abcdefghij12"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let identity = try #require(try FileIdentity(path: path))
    return (path, StagingDirectory.prefix(identity.inode))
  }

  private func recover() -> [FileReport] {
    Tree.explore([scratch.path]).leftovers.compactMap { $0.recover() }
  }

  @Test func `names of others are not touched`() throws {
    let (path, _) = try directory()
    _ = scratch.file(".wheelscrub-abcdefghij12/12345-1", [1])
    #expect(recover().isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["12345-1"])
    // It is a directory like any other, and counts.
    #expect(try DirectoryEntry.all(below: scratch.path).count == 2)
  }

  @Test func `what is ours is not seen, and goes`() throws {
    let (path, prefix) = try directory("sub/")
    _ = scratch.file("sub/.wheelscrub-abcdefghij12/\(prefix)1", [1])
    #expect(try DirectoryEntry.all(below: scratch.path).map(\.path) == ["sub"])
    let walk = try FileWalk(scratch.path)
    #expect(walk.files.isEmpty)
    #expect(recover().map(\.path) == [path])
    #expect(scratch.names == ["sub"])
    #expect(try FileIdentity(path: path) == nil)
  }

  @Test func `a link is no directory of ours`() throws {
    let other = Scratch()
    _ = other.file("x", [1])
    unsafe symlink(other.path, scratch.path + "/.wheelscrub-abcdefghij12")
    #expect(recover().isEmpty)
    #expect(other.names == ["x"])
  }

  /// Even of who knows the inode numbers.
  @Test(arguments: ["../victim", "link/victim", "/victim", "a/../../victim"])
  func `no journal leads out`(target: String) throws {
    let outside = Scratch()
    let victim = outside.file("victim", Array("theirs".utf8))
    unsafe symlink(outside.path, scratch.path + "/link")
    let (path, prefix) = try directory()
    let staged = scratch.file(".wheelscrub-abcdefghij12/\(prefix)1", Array("evil".utf8))
    var journal = Journal()
    let before = Journal.State(try #require(try FileIdentity(path: victim)))
    let name = (path as NSString).lastPathComponent
    journal.steps = [
      .remove(target, before: before), .time(target, before: before, seconds: 1),
      .replace(
        staged: "\(name)/\(prefix)1", inode: try #require(try FileIdentity(path: staged)).inode,
        target: target,
        before: before),
    ]
    _ = scratch.file(".wheelscrub-abcdefghij12/\(prefix)0-journal", journal.bytes)
    #expect(recover().count == 1)
    #expect(outside.read("victim") == Array("theirs".utf8))
    #expect(try Journal.State(#require(try FileIdentity(path: victim))) == before)
    #expect(scratch.names == ["link"])
  }

  /// A file that is no result of ours must not be moved over another.
  @Test func `only staged files are moved`() throws {
    let target = scratch.file("target", [1])
    let source = scratch.file("source", [2])
    let (_, prefix) = try directory()
    var journal = Journal()
    journal.steps = [
      .replace(
        staged: "source", inode: try #require(try FileIdentity(path: source)).inode, target: "target",
        before: Journal.State(try #require(try FileIdentity(path: target))))
    ]
    _ = scratch.file(".wheelscrub-abcdefghij12/\(prefix)0-journal", journal.bytes)
    #expect(recover().count == 1)
    #expect(scratch.names == ["source", "target"])
    #expect(scratch.read("target") == [1])
  }

  @Test func `a journal survives only whole`() throws {
    var journal = Journal()
    let state = Journal.State(try #require(try FileIdentity(path: scratch.path)))
    journal.steps = [
      .replace(staged: "s/1", inode: 7, target: "a b%\n/\u{e9}", before: nil), .remove("x", before: state),
      .replace(staged: "s/2", inode: 8, target: "y", before: state),
      .time("t", before: state, seconds: -5),
    ]
    let bytes = journal.bytes
    #expect(Journal(Bytes(bytes)) == journal)
    for count in 0..<bytes.count { #expect(Journal(Bytes(Array(bytes[..<count]))) == nil) }
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 1
      #expect(Journal(Bytes(other)) == nil)
    }
  }

  @Test func `one in use is left alone`() throws {
    let staging = try StagingDirectory.below(AtomicWrite.realPath(scratch.path))
    #expect(scratch.names == [staging.name])
    #expect(recover().isEmpty)
    #expect(Tree.explore([scratch.path]).leftovers.compactMap { $0.describe() }.isEmpty)
    #expect(scratch.names == [staging.name])
  }

  @Test func `found above what is named`() throws {
    let (path, _) = try directory()
    let file = scratch.file("a/b/x.so", [0x7f, 0x45, 0x4c, 0x46])
    let real = try AtomicWrite.realPath(path)
    #expect(Tree.explore([file]).leftovers.map(\.path) == [real])
    #expect(Leftover.around([scratch.path + "/a"]).map(\.path) == [real])
  }
}
