import Foundation
import Glibc
import Testing

/// What cannot be processed: one line that names it, exit 2, nothing touched, and the rest is still done.
@Suite(.timeLimit(.minutes(60)))
struct BadInputTests {
  /// Every case of Tests/Judges/make_bad_inputs.py, made once.
  static let cases = Task {
    let directory = try Workspace.shared.scratch("bad")
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let made = try await Tools.judge("make_bad_inputs.py", [wheel, directory])
    guard made.succeeded else { throw ToolFailure(description: made.transcript) }
    return directory
  }

  static let wheelNames = [
    "not-a-zip", "empty", "cut-at-4", "cut-at-40", "no-record", "record-row-cut", "record-quote-open",
    "record-unknown-hash", "record-wrong-hash", "record-wrong-size", "record-not-utf8", "duplicate-name",
    "name-parent", "name-absolute", "name-climbing", "name-with-nul", "encrypted", "method-unknown",
    "ratio-bomb",
    "local-central-differ", "checksum-wrong", "directory-beyond-end", "image-section-table-beyond-end",
    "image-section-table-wraps", "image-section-beyond-end", "image-section-size-lies", "image-cut-in-header",
    "image-cut-in-the-middle", "image-cut-9000", "image-cut-by-one",
  ].map { $0 + ".whl" }

  static let imageNames = [
    "section-table-beyond-end", "section-table-wraps", "section-beyond-end", "section-size-lies",
    "cut-in-header",
    "cut-in-the-middle", "cut-9000", "cut-by-one",
  ].map { $0 + ".so" }

  @Test(arguments: wheelNames + imageNames)
  func `a broken file is refused and the next one is fixed`(_ name: String) async throws {
    try await refuses(Self.cases.value + "/" + name)
  }

  @Test
  func `a wheel cut anywhere is refused`() async throws {
    let cases = try await Self.cases.value
    let cut = try names(in: cases).filter { $0.hasPrefix("cut-at-") }
    #expect(cut.count == 7)
    for name in cut { try await refuses(cases + "/" + name) }
  }

  @Test
  func `every broken file is listed here`() async throws {
    let made = try names(in: try await Self.cases.value).filter { !$0.hasPrefix("cut-at-") }
    let listed = (Self.wheelNames + Self.imageNames).filter { !$0.hasPrefix("cut-at-") }
    #expect(made == listed.sorted())
  }

  /// Fixes the file, with a good wheel behind it on the command line, in place and into a directory.
  private func refuses(_ path: String) async throws {
    let directory = try Workspace.shared.scratch("refused")
    let name = (path as NSString).lastPathComponent
    let good = try await WheelBuilder.shared.fixed("plainc")[0]
    let bad = "\(directory)/\(name)"
    let copy = "\(directory)/\((good.original as NSString).lastPathComponent)"
    try FileManager.default.copyItem(atPath: path, toPath: bad)
    try FileManager.default.copyItem(atPath: good.original, toPath: copy)
    let before = try await sha256(bad)

    let inPlace = try await wheelscrub(["fix", "--in-place", bad, copy], limit: 60)
    expectRefusal(inPlace, of: name)
    #expect(try await sha256(bad) == before)
    let left = try names(in: directory)
    #expect(left.count == 2, "\(left)")
    #expect(try await sha256(copy) == sha256(good.fixed), "the good wheel behind it was not fixed")

    let output = try Workspace.shared.scratch("output")
    let elsewhere = try await wheelscrub(["fix", "-w", output, bad, good.original], limit: 60)
    expectRefusal(elsewhere, of: name)
    #expect(try names(in: output) == [(copy as NSString).lastPathComponent])
  }

  private func expectRefusal(_ outcome: Outcome, of name: String) {
    #expect(outcome.status == 2, "\(outcome.transcript)")
    #expect(outcome.errorLines.filter { $0.contains(name) }.count == 1, "\(outcome.transcript)")
    #expect(!outcome.errors.contains("Fatal error"), "\(outcome.transcript)")
  }

  @Test
  func `paths that are no files are refused and the rest is done`() async throws {
    let directory = try Workspace.shared.scratch("odd")
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let loop = directory + "/loop.whl"
    #expect(unsafe symlink("loop.whl", loop) == 0)
    let pipe = directory + "/pipe.whl"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for path in [directory + "/absent.whl", loop, pipe, wheel + "/inside.whl"] {
      let outcome = try await wheelscrub(["check", path, wheel], limit: 20)
      expectRefusal(outcome, of: (path as NSString).lastPathComponent)
      #expect(
        outcome.output.contains("pip-wheel-"), "the wheel behind it was not checked: \(outcome.transcript)")
    }
    // Found in a directory, such a thing is passed over.
    let tree = try await wheelscrub(["check", directory], limit: 20)
    #expect(tree.status == 0, "\(tree.transcript)")
  }

  /// Root may read everything, so the program runs as nobody where the tests run as root.
  @Test
  func `an unreadable file is refused`() async throws {
    let directory = try Workspace.shared.scratch("unreadable")
    let program = directory + "/wheelscrub"
    try FileManager.default.copyItem(atPath: Workspace.wheelscrub, toPath: program)
    let secret = directory + "/secret.whl"
    let open = directory + "/open.whl"
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    try FileManager.default.copyItem(atPath: wheel, toPath: secret)
    try FileManager.default.copyItem(atPath: wheel, toPath: open)
    for (path, mode) in [(secret, 0o000), (open, 0o644), (program, 0o755), (directory, 0o755)] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
    let asNobody = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"]
    let check = try await Tools.run(asNobody[0], asNobody.dropFirst() + [program, "check", secret, open])
    expectRefusal(check, of: "secret.whl")
    #expect(check.output.contains("open.whl"), "\(check.transcript)")

    // nobody may not write here: the directory belongs to another user, or is made so.
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: directory)
    let before = try await sha256(open)
    let fix = try await Tools.run(asNobody[0], asNobody.dropFirst() + [program, "fix", "--in-place", open])
    expectRefusal(fix, of: "open.whl")
    #expect(try await sha256(open) == before)
    #expect(try names(in: directory) == ["open.whl", "secret.whl", "wheelscrub"])
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
  }

  /// A write that fails half-way, as on a full disk: the file size limit makes it fail with EFBIG.
  @Test
  func `a write that fails leaves the original and no temporary file`() async throws {
    let directory = try Workspace.shared.scratch("full")
    let original = try await WheelBuilder.shared.wheels("templated")[0]
    let copy = directory + "/" + (original as NSString).lastPathComponent
    try FileManager.default.copyItem(atPath: original, toPath: copy)
    let before = try await sha256(copy)
    // 16 blocks of 1,024 bytes; the signal is ignored, so that write itself fails.
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\""
    for arguments in [["--in-place", copy], ["-w", directory + "/out", copy]] {
      let outcome = try await Tools.run(
        "bash", ["-c", limited, "bash", Workspace.wheelscrub, "fix"] + arguments, environment: sourceDateEpoch
      )
      expectRefusal(outcome, of: (original as NSString).lastPathComponent)
      #expect(try await sha256(copy) == before)
    }
    let left = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    #expect(left.filter { $0 != "out" } == [(copy as NSString).lastPathComponent], "\(left)")
  }

  /// A real full disk where the kernel lets us mount one.
  @Test
  func `a full disk leaves the original and no temporary file`() async throws {
    let original = try await WheelBuilder.shared.wheels("templated")[0]
    let mount = try Workspace.shared.scratch("disk")
    let script = """
      mount -t tmpfs -o size=128k none "$1" || exit 77
      cp "$2" "$1/x-1.0-py3-none-any.whl" || exit 77
      before=$(sha256sum <"$1/x-1.0-py3-none-any.whl")
      "$3" fix --in-place "$1/x-1.0-py3-none-any.whl"; status=$?
      [ "$before" = "$(sha256sum <"$1/x-1.0-py3-none-any.whl")" ] || exit 78
      [ "$(ls -A "$1")" = x-1.0-py3-none-any.whl ] || exit 79
      exit $status
      """
    let outcome = try await Tools.run(
      "unshare",
      (getuid() == 0 ? ["-m"] : ["-r", "-m"]) + [
        "bash", "-c", script, "bash", mount, original, Workspace.wheelscrub,
      ],
      environment: sourceDateEpoch)
    if outcome.status == 77 || outcome.errors.contains("unshare") {
      print("no disk could be mounted here; the write that fails by its size limit is tested all the same")
    } else {
      expectRefusal(outcome, of: "x-1.0-py3-none-any.whl")
    }
  }

  @Test
  func `an output that cannot be is refused`() async throws {
    let original = try await WheelBuilder.shared.wheels("plainc")[0]
    let before = try await sha256(original)
    let file = try Workspace.shared.scratch("file") + "/file"
    try Data().write(to: URL(fileURLWithPath: file))
    for output in [file, "/proc/wheelscrub-cannot-be", "/dev/null/out"] {
      let outcome = try await wheelscrub(["fix", "-w", output, original])
      #expect(outcome.status == 2, "\(outcome.transcript)")
      #expect(outcome.errorLines.count == 1, "\(outcome.transcript)")
      #expect(try await sha256(original) == before)
    }
  }

  @Test(arguments: [
    [], ["fix"], ["check"], ["fix", "x.whl"], ["fix", "-w", "out", "--in-place", "x.whl"], ["mend", "x.whl"],
    ["check", "--output-format", "tables", "x.whl"], ["fix", "--in-place", "--build-id", "guess", "x.whl"],
    ["fix", "--in-place", "--prefix", "relative", "x.whl"], ["check", "-j", "0", "x.whl"],
  ])
  func `a command line that makes no sense exits 2`(_ arguments: [String]) async throws {
    let outcome = try await wheelscrub(arguments)
    #expect(outcome.status == 2, "\(outcome.transcript)")
    #expect(!outcome.errors.isEmpty)
  }

  /// Output that nobody reads, or that cannot be written, is no crash.
  @Test
  func `standard output may be closed or full`() async throws {
    let original = try await WheelBuilder.shared.wheels("plainc")[0]
    for redirection in [">/dev/full", ">&-", "| true"] {
      let script = "\"$@\" \(redirection); exit ${PIPESTATUS[0]}"
      let outcome = try await Tools.run(
        "bash", ["-c", script, "bash", Workspace.wheelscrub, "check", original], limit: 20)
      #expect(!outcome.timedOut)
      #expect(!outcome.errors.contains("Fatal error"), "\(outcome.transcript)")
    }
  }
}
