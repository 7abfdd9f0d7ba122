import Testing

@testable import Formats
@testable import ScrubKit

/// Lines as the programs print them: pkg 2.8 (src/event.c), debsums 3.0, dpkg 1.21, rpm 4.18.
@Suite struct ManagerLineTests {
  private func line(_ text: String) -> ManagerLine { ManagerLine(Substring(text)) }

  private func complaint(
    _ complaint: ManagerLine.Complaint, _ path: String, configuration: Bool = false
  ) -> ManagerLine {
    .complaint(complaint, path: path, isConfiguration: configuration)
  }

  private static let pyc =
    "/usr/local/lib/python3.11/site-packages/certifi/__pycache__/core.cpython-311.opt-1.pyc"

  @Test func freeBSD() {
    let pyc = Self.pyc
    #expect(line("py311-certifi-2022.12.7: checksum mismatch for \(pyc)") == complaint(.changed, pyc))
    // The daily mail, and progress that the same pipe carries.
    #expect(line("py311-certifi-2022.12.7: \(pyc)") == complaint(.changed, pyc))
    #expect(
      line("Checking all packages........py311-x-1: checksum mismatch for /a b.pyc")
        == complaint(.changed, "/a b.pyc"))
    #expect(
      line("python311-3.11.9: missing file /usr/local/bin/x") == complaint(.missing, "/usr/local/bin/x"))
    #expect(line("x-1.0_2,1: /etc/x [perm] 0644 -> 0600") == complaint(.attributes("perm"), "/etc/x"))
    #expect(line("Checking all packages: .......... done") == .nothing)
    #expect(line("Checking all packages: 100%") == .nothing)
    #expect(line("Checking for packages with mismatched checksums:") == .nothing)
    #expect(line("pkg: sqlite error while executing") == .odd)
  }

  @Test func debian() {
    #expect(
      line("/usr/lib/python3/dist-packages/x.py             OK")
        == .verified(path: "/usr/lib/python3/dist-packages/x.py"))
    #expect(line("/usr/bin/x REPLACED") == .verified(path: "/usr/bin/x"))
    #expect(line("/usr/share/a b                      FAILED") == complaint(.changed, "/usr/share/a b"))
    #expect(line("/usr/bin/changed") == complaint(.changed, "/usr/bin/changed"))
    #expect(
      line("debsums: changed file /etc/sudoers (from sudo package)") == complaint(.changed, "/etc/sudoers"))
    #expect(
      line("debsums: changed file /a (b) (observed:12 expected:34) (from x package)")
        == complaint(.changed, "/a (b)"))
    #expect(line("debsums: missing file /usr/x (from x package)") == complaint(.missing, "/usr/x"))
    #expect(
      line("debsums: can't open x file /etc/shadow (Permission denied)")
        == complaint(.unreadable, "/etc/shadow"))
    #expect(
      line("debsums: can't check x file /dev/x (not a regular file)") == complaint(.unreadable, "/dev/x"))
    #expect(line("debsums: no md5sums for binutils") == .odd)
  }

  @Test func dpkgAndRPM() {
    #expect(line("??5??????   /usr/lib/x.pyc") == complaint(.changed, "/usr/lib/x.pyc"))
    #expect(line("??5?????? c /etc/x") == complaint(.changed, "/etc/x", configuration: true))
    #expect(
      line("missing   c /etc/debuginfod/x.urls")
        == complaint(.missing, "/etc/debuginfod/x.urls", configuration: true))
    #expect(line("missing     /usr/x (Permission denied)") == complaint(.missing, "/usr/x"))
    #expect(line("S.5....T.  c /etc/x") == complaint(.changed, "/etc/x", configuration: true))
    #expect(line("S.5....T.    /usr/x.pyc (replaced)") == complaint(.changed, "/usr/x.pyc"))
    #expect(line("S.5....T  c /etc/old") == complaint(.changed, "/etc/old", configuration: true))
    #expect(line(".......T.    /usr/x.pyc") == complaint(.attributes(".......T."), "/usr/x.pyc"))
    #expect(line("..?......    /usr/x") == complaint(.unreadable, "/usr/x"))
    #expect(line("....L....    /usr/link") == complaint(.changed, "/usr/link"))
    #expect(line(".........    /usr/x.py") == .verified(path: "/usr/x.py"))
    #expect(line("Unsatisfied dependencies for x-1:") == .odd)
    #expect(line("Z.5....T.    /usr/x") == .odd)
  }

  @Test(arguments: [
    "hello", "x: y", "/../etc/passwd FAILED", "py-1: checksum mismatch for relative.pyc",
    "py-1: checksum mismatch for ", "missing", "missing   ", "S.5....T.", "S.5....T.  c", "\u{7}",
    "debsums: ",
    "debsums: changed file ", "..........................  /x",
  ])
  func othersAreOdd(_ text: String) {
    #expect(line(text) == .odd)
  }

  @Test func linesAreCollected() {
    let text =
      "Checking all packages:  10%\rpy-1: checksum mismatch for /a.pyc\r\npy-1: checksum mismatch for /a.pyc\n\n"
      + "what?\n" + String(repeating: "x", count: Limits.managerLine + 1) + "\n/b.py OK"
    var bytes = Array(text.utf8)
    bytes += [0x0a, 0x2f, 0xff, 0x0a]
    let lines = ManagerLines(Bytes(bytes))
    #expect(lines.entries.map(\.path) == ["/a.pyc"])
    #expect(lines.verified == [Array("/b.py".utf8)])
    #expect(lines.odd.map(\.number) == [4, 5, 7])
    #expect(lines.odd[1].text.utf8.count < 300)
    let many = ManagerLines(Bytes(Array(String(repeating: "what\n", count: 100).utf8)))
    #expect(many.odd.count == 20 && many.furtherOdd == 80)
  }

  /// What is worse counts: times of a file alone say nothing against its content.
  @Test func worstCounts() {
    let lines = ManagerLines(Bytes(Array(".......T.    /x\n..5......    /x\n.......T.    /x\n".utf8)))
    #expect(lines.entries.map(\.complaint) == [.changed])
  }

  @Test func mutations() {
    let samples = [
      "py311-certifi-2022.12.7: checksum mismatch for \(Self.pyc)", "??5?????? c /etc/x (replaced)",
      "debsums: changed file /a (observed:12 expected:34) (from x package)", "/usr/share/a b    FAILED",
      "x-1.0_2,1: /etc/x [perm] 0644 -> 0600", "missing   c /etc/x (Permission denied)",
    ].map { Array(($0 + "\n").utf8) }
    for (number, sample) in samples.enumerated() {
      Mutation.each(of: sample, times: 500, seed: UInt64(700 + number)) { mutant, name in
        let lines = ManagerLines(Bytes(mutant))
        for entry in lines.entries { #expect(entry.path.hasPrefix("/"), name) }
      }
    }
  }
}
