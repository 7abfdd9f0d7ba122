import Foundation
import Testing

@testable import Launcher

@Suite struct UnseenInputsTests {
  private func inputs(_ scratch: Scratch, _ more: String = "") throws -> UnseenInputs.Outcome {
    let root = scratch.path + "/pip-req-build-ab12cd34"
    let line =
      "--crate-name x x.rs --out-dir \(root)/target " + more.replacingOccurrences(of: "ROOT", with: root)
    let environment = Environment([bytes("CARGO_MANIFEST_DIR=\(root)/p"), bytes("OUT_DIR=\(root)/out")])
    guard case .compile(let compile) = RustCompile.parse(words(line)) else { return .tooMany }
    let roots = RustRoots(compile, directory: bytes(root), environment)
    return UnseenInputs.find(compile, roots, directory: bytes(root), environment)
  }

  @Test func everyFileOfAPackageCounts() throws {
    let one = try Scratch()
    let two = try Scratch()
    for scratch in [one, two] {
      try scratch.write("1", "pip-req-build-ab12cd34/p/a")
      try scratch.write("1", "pip-req-build-ab12cd34/p/target/CACHEDIR.TAG")
    }
    let first = try inputs(one)
    #expect(first != .none && first != .tooMany)
    #expect(try inputs(two) == first)
    // What cargo makes does not count, and neither does another package, where no macro can be.
    try two.write("2", "pip-req-build-ab12cd34/p/target/a")
    try two.write("2", "pip-req-build-ab12cd34/p/__pycache__/a")
    try two.write("2", "pip-req-build-ab12cd34/q/a")
    try two.write("2", "pip-req-build-ab12cd34/out/a")
    #expect(try inputs(two) == first)
    var seen = [first]
    for (text, name) in [("2", "a"), ("2", "b"), ("", "c/d"), ("x", ".git/HEAD")] {
      try two.write(text, "pip-req-build-ab12cd34/p/" + name)
      let next = try inputs(two)
      #expect(!seen.contains(next))
      seen.append(next)
    }
    try two.write("other", "pip-req-build-ab12cd34/p/.git/index")
    #expect(try inputs(two) == seen.last)
    let path = two.path + "/pip-req-build-ab12cd34/p/link"
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/tmp")
    #expect(try inputs(two) == .tooMany)
  }

  @Test func macrosSeeMore() throws {
    let scratch = try Scratch()
    try scratch.write("1", "pip-req-build-ab12cd34/p/a")
    try scratch.write("1", "pip-req-build-ab12cd34/deps/libq.rlib")
    let more = "--extern q=ROOT/deps/libq.rlib -L dependency=ROOT/deps"
    let without = try inputs(scratch, more)
    try scratch.write("1", "pip-req-build-ab12cd34/deps/libm.so")
    try scratch.write("", "pip-req-build-ab12cd34/deps/CACHEDIR.TAG")
    var seen = [without]
    for name in ["q/a", "out/a", "README"] {
      try scratch.write("1", "pip-req-build-ab12cd34/" + name)
      let next = try inputs(scratch, more)
      #expect(!seen.contains(next))
      seen.append(next)
    }
  }

  /// sccache hashes what each crate is, and no name; and an empty variable as one that is not there.
  @Test func namesCount() throws {
    func found(_ more: String, _ variables: String) throws -> UnseenInputs.Outcome {
      guard case .compile(let compile) = RustCompile.parse(words("--crate-name x x.rs " + more)) else {
        return .tooMany
      }
      let environment = Environment(words(variables))
      return UnseenInputs.find(
        compile, RustRoots(compile, directory: bytes("/"), environment), directory: bytes("/"), environment)
    }
    let one = try found("--extern a=/x/libp.rlib --extern b=/x/libq.rlib", "")
    #expect(try found("--extern a=/y/libp.rlib --extern b=/x/libq.rlib", "A=1 CARGO_X=") == one)
    #expect(try found("--extern b=/x/libp.rlib --extern a=/x/libq.rlib", "") != one)
    #expect(try found("--extern a=/x/libp.rlib --extern b=/x/libq.rlib", "A=") != one)
    #expect(try found("", "A=1") == .none)
  }

  @Test func vendoredCratesAreCheckedByCargo() throws {
    let scratch = try Scratch()
    try scratch.write("1", "pip-req-build-ab12cd34/p/a")
    try scratch.write("{}", "pip-req-build-ab12cd34/p/.cargo-checksum.json")
    let first = try inputs(scratch)
    try scratch.write("2", "pip-req-build-ab12cd34/p/a")
    #expect(try inputs(scratch) == first)
    try scratch.write("{1}", "pip-req-build-ab12cd34/p/.cargo-checksum.json")
    #expect(try inputs(scratch) != first)
  }

  @Test func staticLibraries() throws {
    let scratch = try Scratch()
    try scratch.write("1", "pip-req-build-ab12cd34/n/libc.a")
    let first = try inputs(scratch, "-L native=ROOT/n")
    try scratch.write("1", "pip-req-build-ab12cd34/n/config.log")
    #expect(try inputs(scratch, "-L native=ROOT/n") == first)
    try scratch.write("2", "pip-req-build-ab12cd34/n/libc.a")
    #expect(try inputs(scratch, "-L native=ROOT/n") != first)
  }

  /// Of the RFC, and what Python's hashlib says.
  @Test(arguments: [
    (0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
    (128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"),
    (129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"),
    (1000, "c636324d47d89f2b2434dc2c994100663fbbaea880ff020fc5de89dd0f77a1ec"),
  ])
  func digests(_ count: Int, _ expected: String) {
    var digest = Blake2b()
    let input = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    digest.update(Array(input.prefix(7)))
    digest.update(Array(input.dropFirst(7)))
    #expect(digest.finish() == bytes(expected))
  }
}
