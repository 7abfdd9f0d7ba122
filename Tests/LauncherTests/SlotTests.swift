import Foundation
import Testing

@testable import Launcher

@Suite struct SlotTests {
  private func take(_ root: String, in scratch: Scratch) -> Slot? {
    Slot.take(bytes("x"), root: bytes(root), in: bytes(scratch.path))
  }

  @Test func compilesOfOneBuildShareIt() throws {
    let scratch = try Scratch()
    let first = try #require(take("/one", in: scratch))
    let second = try #require(take("/one", in: scratch))
    #expect(first.directory == second.directory)
    #expect(scratch.link("x/1/root") == "/one")
    first.leave()
    #expect(scratch.link("x/1/root") == "/one")
    second.leave()
    #expect(scratch.link("x/1/root") == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/x/1/runs").isEmpty)
  }

  @Test func anotherBuildDoesNotGetIt() throws {
    let scratch = try Scratch()
    let first = try #require(take("/one", in: scratch))
    #expect(take("/two", in: scratch) == nil)
    #expect(scratch.link("x/1/root") == "/one")
    first.leave()
    let second = try #require(take("/two", in: scratch))
    #expect(scratch.link("x/1/root") == "/two")
    #expect(take("/one", in: scratch) == nil)
    second.leave()
  }

  /// The server may still work for a compile that was killed.
  @Test func whatWasAbandonedIsLetAloneForADay() throws {
    let scratch = try Scratch()
    try #require(take("/one", in: scratch)).abandon()
    let second = try #require(take("/two", in: scratch))
    #expect(second.directory == bytes(scratch.path + "/x/2"))
    #expect(scratch.link("x/1/root") == "/one")
    // The same build may go on.
    let again = try #require(take("/one", in: scratch))
    #expect(again.directory == bytes(scratch.path + "/x/1"))
    again.leave()
    second.leave()
    #expect(scratch.link("x/1/root") == "/one")
    let runs = scratch.path + "/x/1/runs"
    for name in try FileManager.default.contentsOfDirectory(atPath: runs) {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -Double(Slot.quarantine) - 60)],
        ofItemAtPath: "\(runs)/\(name)")
    }
    let third = try #require(take("/three", in: scratch))
    #expect(third.directory == bytes(scratch.path + "/x/1"))
    #expect(scratch.link("x/1/root") == "/three")
    third.leave()
    #expect(scratch.link("x/1/root") == nil)
  }

  @Test func whereNothingCanBeMade() throws {
    let scratch = try Scratch()
    try scratch.write("", "x")
    #expect(take("/one", in: scratch) == nil)
    #expect(Slot.take(bytes("y"), root: bytes("/one"), in: bytes(scratch.path + "/missing")) == nil)
  }

  /// Whoever else could write there would choose what is compiled.
  @Test func places() throws {
    let scratch = try Scratch()
    func found(_ path: String) -> Bytes? {
      StablePlace.find(Environment([bytes("WHEELSCRUB_RUSTC_PLACE=" + path)]))
    }
    func permit(_ mode: Int, _ path: String) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
    let real = try #require(System.realPath(bytes(scratch.path)))
    #expect(found(scratch.path + "/a/b") == real + bytes("/a/b"))
    #expect(System.status(of: bytes(scratch.path + "/a/b")).map { $0.mode & 0o777 } == 0o700)
    for mode in [0o770, 0o702, 0o1777] {
      try permit(mode, scratch.path + "/a/b")
      #expect(found(scratch.path + "/a/b") == nil)
    }
    try permit(0o755, scratch.path + "/a/b")
    #expect(found(scratch.path + "//a/./b/../b/") == real + bytes("/a/b"))
    #expect(found(scratch.path + "/a/b") != nil)
    try permit(0o777, scratch.path + "/a")
    #expect(found(scratch.path + "/a/b") == nil)
    try permit(0o1777, scratch.path + "/a")
    #expect(found(scratch.path + "/a/b") != nil)
    // A link is judged by where it leads.
    try FileManager.default.createSymbolicLink(atPath: scratch.path + "/l", withDestinationPath: "/tmp")
    #expect(found(scratch.path + "/l") == nil)
    try scratch.write("", "file")
    #expect(found(scratch.path + "/file") == nil)
    #expect(found("relative") == nil)
    #expect(found(scratch.path + "/with space") == nil)
    #expect(found(scratch.path + "/pip-req-build-ab12cd34") == nil)
    #expect(StablePlace.find(Environment(words("HOME=relative"))) == nil)
    #expect(
      StablePlace.find(Environment([bytes("HOME=" + scratch.path)])) == real
        + bytes("/.cache/wheelscrub/rustc"))
  }

  @Test func aMirrorHoldsWhatTheDirectoryHolds() throws {
    let scratch = try Scratch()
    let root = try scratch.directory("root")
    try scratch.write("1", "root/sub%/deep/a.rs")
    let slot = try #require(take(root, in: scratch))
    let mirror = try #require(WorkingMirror.make(in: slot, rest: bytes("/sub%/deep")))
    #expect(mirror == slot.directory + bytes("/cwd/%sub%25%2Fdeep"))
    let path = String(decoding: mirror, as: UTF8.self)
    #expect(try String(contentsOfFile: path + "/a.rs", encoding: .utf8) == "1")
    try FileManager.default.removeItem(atPath: root + "/sub%/deep/a.rs")
    try scratch.write("2", "root/sub%/deep/b.rs")
    #expect(WorkingMirror.make(in: slot, rest: bytes("/sub%/deep")) == mirror)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["b.rs"])
    slot.leave()
  }

  @Test func depfiles() throws {
    let scratch = try Scratch()
    let names = StableNames(links: [StableNames.Link(root: bytes("/t/r"), link: bytes("/p/root"))])
    try scratch.write(
      "/p/root/x.d: src/x.rs /p/root/out/y.rs /p/rooted\n\n# env-dep:OUT_DIR=/p/root\n", "x.d")
    #expect(DepInfo.restore(bytes(scratch.path + "/x.d"), names))
    #expect(
      try String(contentsOfFile: scratch.path + "/x.d", encoding: .utf8)
        == "/t/r/x.d: src/x.rs /t/r/out/y.rs /p/rooted\n\n# env-dep:OUT_DIR=/t/r\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["x.d"])
    #expect(!DepInfo.restore(bytes(scratch.path + "/missing.d"), names))
    #expect(!DepInfo.restore(bytes(scratch.path), names))
    try scratch.write("", "empty.d")
    #expect(DepInfo.restore(bytes(scratch.path + "/empty.d"), names))
  }
}
