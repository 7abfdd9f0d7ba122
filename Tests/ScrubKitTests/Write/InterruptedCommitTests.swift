import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// A process that is killed before each step of a commit in turn: the next run leaves everything old or everything new,
/// and nothing else.
@Suite struct InterruptedCommitTests {
  /// Five files in two directories, one that goes, one that gets a time.
  private static let names = ["a", "d/b", "d/c"]

  private static func tree() -> Scratch {
    let scratch = Scratch()
    for name in names { _ = scratch.file(name, Array("old \(name)".utf8)) }
    _ = scratch.file("gone/x", [1])
    _ = scratch.file("timed", [2])
    return scratch
  }

  static func transaction(in path: String, isAnonymous: Bool) throws -> WriteTransaction {
    var transaction = WriteTransaction()
    transaction.remove(try MappedFile.open(path + "/gone/x"))
    for name in names {
      let staging = AtomicWrite.Staging(directory: path, isAnonymous: isAnonymous)
      let output = try AtomicWrite(replacing: MappedFile.open("\(path)/\(name)"), staging)
      try output.write(Bytes(Array("new \(name)".utf8)))
      try output.prepare()
      transaction.add(output)
    }
    transaction.set(ModificationTime(path: path + "/timed", seconds: 1_700_000_000))
    return transaction
  }

  /// What the tree holds, by name.
  private func state(_ scratch: Scratch) throws -> [String: String] {
    var state: [String: String] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: scratch.path) {
      let identity = try #require(try FileIdentity(path: scratch.path + "/" + file))
      if identity.isDirectory { continue }
      state[file] = String(decoding: scratch.read(file), as: UTF8.self)
      if file == "timed", identity.modifiedSeconds == 1_700_000_000 { state[file] = "time" }
    }
    return state
  }

  private static let old = [
    "a": "old a", "d/b": "old d/b", "d/c": "old d/c", "gone/x": "\u{1}", "timed": "\u{2}",
  ]
  private static let new = ["a": "new a", "d/b": "new d/b", "d/c": "new d/c", "timed": "time"]

  @Test(arguments: [true, false]) func `a commit that nobody disturbs`(isAnonymous: Bool) throws {
    let scratch = Self.tree()
    var calls: [String] = []
    let transaction = try Self.transaction(in: scratch.path, isAnonymous: isAnonymous)
    let errors = WriteTransaction.commit([transaction]) { calls.append($0) }
    #expect(errors.allSatisfy { $0 == nil })
    #expect(try state(scratch) == Self.new)
    #expect(calls.count == Self.steps)
    #expect(scratch.names == ["a", "d", "timed"])
  }

  /// Three links, the journal and its sync, five steps, the journal's end, the directory's end.
  private static let steps = 3 + 2 + 5 + 2

  @Test(arguments: 0..<12, [true, false])
  func `killed before each step`(_ step: Int, isAnonymous: Bool) async throws {
    let scratch = Self.tree()
    let path: String = scratch.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, step = step as Int, isAnonymous = isAnonymous as Bool] in
      let transaction = try InterruptedCommitTests.transaction(in: path, isAnonymous: isAnonymous)
      var count = 0
      _ = WriteTransaction.commit([transaction]) { _ in
        if count == step { kill(getpid(), SIGKILL) }
        count += 1
      }
    }
    let left = Tree.explore([scratch.path]).leftovers
    let hidden = scratch.names.filter { $0.hasPrefix(".") }
    #expect(left.map(\.path) == hidden.map { scratch.path + "/" + $0 })
    for leftover in left {
      #expect(leftover.describe()?.notes.count == 1)
      let report = try #require(leftover.recover())
      #expect(report.errors.isEmpty)
      // The second time nothing is there.
      #expect(leftover.recover() == nil)
    }
    // With the journal written there is no way back.
    #expect(try state(scratch) == (step < 4 ? Self.old : Self.new))
    #expect(scratch.names.allSatisfy { !$0.hasPrefix(".") })
  }

  /// Pairs of files are committed side by side, and share the staging directory above them.
  private static func two(in path: String) throws -> (WriteTransaction, WriteTransaction) {
    var others = WriteTransaction()
    for name in ["e", "f"] {
      let output = try AtomicWrite(replacing: MappedFile.open("\(path)/\(name)"))
      try output.write(Bytes(Array("new \(name)".utf8)))
      try output.prepare()
      others.add(output)
    }
    return (try transaction(in: path, isAnonymous: true), others)
  }

  @Test(arguments: [false, true]) func `one commit in the middle of another`(isKilled: Bool) async throws {
    let scratch = Self.tree()
    for name in ["e", "f"] { _ = scratch.file(name, Array("old \(name)".utf8)) }
    let path: String = scratch.path
    if isKilled {
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        let (first, second) = try InterruptedCommitTests.two(in: path)
        _ = WriteTransaction.commit([first]) { step in
          guard step == "remove" else { return }
          _ = WriteTransaction.commit([second]) { if $0 == "rename" { kill(getpid(), SIGKILL) } }
        }
      }
      for leftover in Tree.explore([scratch.path]).leftovers {
        #expect(leftover.recover()?.errors.isEmpty == true)
      }
    } else {
      let (first, second) = try Self.two(in: path)
      let errors = WriteTransaction.commit([first]) { step in
        guard step == "remove" else { return }
        #expect(WriteTransaction.commit([second]).allSatisfy { $0 == nil })
      }
      #expect(errors.allSatisfy { $0 == nil })
    }
    #expect(try state(scratch) == Self.new.merging(["e": "new e", "f": "new f"]) { $1 })
    #expect(scratch.names.allSatisfy { !$0.hasPrefix(".") })
  }

  @Test func `what somebody else changed since stays`() async throws {
    let scratch = Self.tree()
    let path: String = scratch.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let transaction = try InterruptedCommitTests.transaction(in: path, isAnonymous: true)
      _ = WriteTransaction.commit([transaction]) { if $0 == "time" { kill(getpid(), SIGKILL) } }
    }
    let path2 = scratch.file("timed", [3, 4])
    let left = Tree.explore([scratch.path]).leftovers
    let report = try #require(left.first?.recover())
    #expect(
      report.notes.contains { $0.place.path == path2 && $0.message.contains("changed by someone else") })
    #expect(scratch.read("timed") == [3, 4])
    #expect(scratch.names == ["a", "d", "timed"])
  }
}
