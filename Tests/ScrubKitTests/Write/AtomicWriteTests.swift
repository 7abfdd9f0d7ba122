import CLinux
import Foundation
import Platform
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct AtomicWriteTests {
  let scratch = Scratch()
  let new = Bytes(Array("new".utf8))

  private func source(_ mode: mode_t = 0o644) throws -> MappedFile {
    let path = scratch.file("x.so", Array("old".utf8))
    unsafe chmod(path, mode)
    return try MappedFile.open(path)
  }

  private func mode(_ name: String) throws -> mode_t {
    try #require(try FileIdentity(path: scratch.path + "/" + name)).mode & 0o7777
  }

  @Test(arguments: [0o644, 0o755, 0o600, 0o444, 0o4711] as [mode_t])
  func replaces(_ mode: mode_t) throws {
    let output = try AtomicWrite(replacing: source(mode))
    try output.write(new)
    #expect(scratch.read("x.so") == Array("old".utf8))
    // Without a name until it is complete.
    #expect(scratch.names == ["x.so"])
    try output.commit()
    #expect(scratch.read("x.so") == Array("new".utf8))
    #expect(scratch.names == ["x.so"])
    #expect(try self.mode("x.so") == mode)
  }

  /// Where the file system has no files without a name.
  @Test func replacesFromAStagingDirectory() throws {
    let named = AtomicWrite.Staging(isAnonymous: false)
    let output = try AtomicWrite(replacing: source(0o640), named)
    let other = try AtomicWrite(
      to: scratch.path + "/y.so", from: MappedFile.open(scratch.path + "/x.so"), named)
    try output.write(new)
    try other.write(new)
    // One hidden directory for both.
    #expect(scratch.names.count == 2)
    #expect(StagingDirectory.isName(scratch.names[0]))
    #expect(try self.mode(scratch.names[0]) == 0o700)
    try output.commit()
    try other.commit()
    #expect(scratch.read("x.so") == Array("new".utf8))
    #expect(try self.mode("x.so") == 0o640)
    #expect(scratch.names == ["x.so", "y.so"])
  }

  @Test(arguments: [true, false]) func extendedAttributesStay(isAnonymous: Bool) throws {
    let file = try source()
    let value = Array("https://example.org".utf8)
    let result = unsafe setxattr(file.path, "user.xdg.origin.url", value, value.count, 0)
    // Not every file system has them.
    if result != 0, errno == EOPNOTSUPP { return }
    #expect(result == 0)
    let output = try AtomicWrite(replacing: file, AtomicWrite.Staging(isAnonymous: isAnonymous))
    try output.write(new)
    try output.commit()
    #expect(output.notes.isEmpty)
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = unsafe getxattr(file.path, "user.xdg.origin.url", &buffer, buffer.count)
    #expect(count == value.count && Array(buffer.prefix(count)) == value)
    #expect(scratch.read("x.so") == Array("new".utf8))
  }

  /// The second of two runs waits, and sees what the first has made.
  @Test func locksOnePerFile() throws {
    let file = try source()
    unsafe link(file.path, scratch.path + "/y.so")
    // Two names of one file in one call do not wait for each other.
    let lock = WriteLock([file.path, scratch.path + "/y.so", scratch.path + "/missing"])
    #expect(!lock.hasWaited)
    let other = unsafe open(file.path, O_RDONLY)
    defer { close(other) }
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
  }

  @Test(arguments: [true, false]) func discardsWithoutCommit(isAnonymous: Bool) throws {
    do {
      let output = try AtomicWrite(replacing: source(), AtomicWrite.Staging(isAnonymous: isAnonymous))
      try output.write(new)
    }
    #expect(scratch.names == ["x.so"])
    #expect(scratch.read("x.so") == Array("old".utf8))
  }

  @Test func replacesBehindALink() throws {
    _ = try source()
    let link = scratch.path + "/link.so"
    unsafe symlink("x.so", link)
    let output = try AtomicWrite(replacing: MappedFile.open(link))
    try output.write(new)
    try output.commit()
    #expect(scratch.read("x.so") == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "x.so")
  }

  @Test func otherHardLinksStay() throws {
    let file = try source()
    unsafe link(file.path, scratch.path + "/cache.so")
    let output = try AtomicWrite(replacing: MappedFile.open(file.path))
    try output.write(new)
    try output.commit()
    #expect(scratch.read("cache.so") == Array("old".utf8))
  }

  @Test func copiesToNewDirectories() throws {
    let file = try source(0o755)
    try AtomicWrite.copy(file, to: scratch.path + "/a/b/y.so")
    #expect(scratch.read("a/b/y.so") == Array("old".utf8))
    #expect(try mode("a/b/y.so") == 0o755)
    try AtomicWrite.copy(file, to: scratch.path + "/a/b/y.so")
  }

  @Test func changedMeanwhile() throws {
    let file = try source()
    let output = try AtomicWrite(replacing: file)
    try output.write(new)
    _ = scratch.file("x.so", Array("somebody else's".utf8))
    let text = errorText { () throws(ScrubError) in try output.commit() }
    #expect(text == "\(file.path): was changed by someone else while it was worked on")
    #expect(scratch.names == ["x.so"])
    #expect(scratch.read("x.so") == Array("somebody else's".utf8))
  }

  @Test func refusals() throws {
    let file = try source()
    func text(_ path: String) -> String? {
      errorText { () throws(ScrubError) in try AtomicWrite.copy(file, to: path) }
    }
    #expect(text(file.path) == "\(file.path): output is the input file itself")
    unsafe link(file.path, scratch.path + "/same.so")
    #expect(text(scratch.path + "/same.so")?.hasSuffix("output is the input file itself") == true)
    #expect(text(scratch.path) == "\(scratch.path): cannot be written: it is a directory")
    #expect(text("/dev/full") == "/dev/full: cannot be written: it is a device")
    #expect(text(file.path + "/y.so")?.hasSuffix("not a directory") == true)
    #expect(text("/proc/y.so")?.hasPrefix("/proc/y.so: cannot be written: ") == true)
    #expect(text("/proc/sub/y.so")?.hasPrefix("/proc/sub: directory cannot be made: ") == true)
    unsafe symlink("nowhere", scratch.path + "/dangling")
    #expect(text(scratch.path + "/dangling")?.hasSuffix("it is a symbolic link to nowhere") == true)
    #expect(scratch.names == ["dangling", "same.so", "x.so"])
  }

  @Test func longNames() throws {
    let name = String(repeating: "n", count: 251) + ".so"
    try AtomicWrite.copy(source(), to: "\(scratch.path)/\(name)")
    #expect(scratch.names == [name, "x.so"])
  }

  @Test func fullDisk() {
    let full = unsafe open("/dev/full", O_WRONLY)
    defer { close(full) }
    let code = unsafe new.withUnsafeBytes { unsafe writeAll($0, to: full) }
    #expect(code == ENOSPC)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGBUS])
  func signalsRemoveTheTemporaryFile(_ signal: Int32) async throws {
    let path: String = scratch.path
    _ = try source()
    await #expect(processExitsWith: .signal(signal)) { [path = path as String, signal = signal as Int32] in
      let output = try AtomicWrite(replacing: MappedFile.open(path + "/x.so"))
      try output.write(Bytes([1, 2, 3]))
      let named = AtomicWrite.Staging(isAnonymous: false)
      let other = try AtomicWrite(replacing: MappedFile.open(path + "/x.so"), named)
      try other.write(Bytes([1, 2, 3]))
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      try #require(names.count == 2 && StagingDirectory.isName(names[0]))
      // To the process: the test runs in a thread that blocks signals.
      kill(getpid(), signal)
      sleep(20)
    }
    #expect(scratch.names == ["x.so"])
    #expect(scratch.read("x.so") == Array("old".utf8))
  }
}
