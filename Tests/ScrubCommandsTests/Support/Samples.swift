import ScrubCommands
import Synchronization

@testable import BuildRoots
@testable import Formats
@testable import ScrubKit

extension Rule {
  static let pipWheel = sample(
    "BP101", "pip-wheel", origin: "pip wheel", cure: "build from an unpacked source tree in a fixed directory"
  )
  static let meson = sample(
    "BP141", "mesonpy", origin: "meson-python", cure: "set build-dir in [tool.meson-python.args]")

  /// Not the table's own rows: what a rule says may change without the reports' shape.
  private static func sample(_ code: String, _ slug: String, origin: String, cure: String) -> Rule {
    Rule(
      code: code, slug: slug, origin: origin, cause: "\(origin) builds in a random directory", cure: cure,
      link: "https://example.org/\(code)", patterns: [])
  }
}

/// Hand-made reports: what the commands print must not wait for what ScrubKit finds.
enum Sample {
  static let root = "/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef"
  static let wheel = "dist/x-1.0-cp312-cp312-linux_x86_64.whl"
  static let member = "pkg/_a.so"

  static func finding(
    _ section: String, _ offset: UInt64, before: String = "", after: String = "", root: String = root,
    rule: Rule = .pipWheel, context: String? = nil, fate: Finding.Fate = .rebuilt, path: String = wheel,
    member: String? = member
  ) -> Finding {
    Finding(
      place: Place(path: path, member: member, section: section, offset: offset), rule: rule, root: root,
      text: before + root + after, rootOffset: before.utf8.count, context: context, replacement: "/build/x",
      fate: fate)
  }

  static var leaking: FileReport {
    var report = FileReport(path: wheel)
    report.findings = [
      finding(".debug_line_str", 0x41, context: "DW_AT_comp_dir of src/x.c"),
      finding(".debug_line_str", 0x9c, after: "/src/deep/x.c", context: "file 1 of src/x.c"),
      finding(
        ".debug_str", 0x1f3, before: "GNU C17 12.2.0 -mtune=generic -march=x86-64 -g -O2 -fPIC -I",
        after: "/include -fno-strict-overflow -fstack-protector-strong", context: "DW_AT_producer of src/x.c"),
      finding(
        ".rodata", 0x18, after: "/src/x.c", context: "symbol __func__.0+0x8", fate: .inPlace),
      finding(
        ".dynstr", 0x2a0, before: "../", root: ".mesonpy-q8w7e6r5", rule: .meson,
        fate: .left(reason: "the root is shorter than /build/x")),
    ]
    report.notes = [
      Note(
        "edited in place: a reference in .debug_macro is not understood",
        at: Place(path: wheel, member: member, section: ".debug_str"))
    ]
    return report
  }

  /// A source distribution with an archive that nobody can open.
  static var skipping: FileReport {
    var report = FileReport(path: "dist/x-1.0.tar.gz")
    let place = Place(path: report.path, member: "x-1.0/tests/bad.zip")
    report.notes = [Note(skipped: "not opened: comment is cut, 5 bytes are missing", at: place)]
    return report
  }

  static var fixed: FileReport {
    var report = leaking
    func place(_ member: String, _ section: String? = nil, _ offset: UInt64? = nil) -> Place {
      Place(path: wheel, member: member, section: section, offset: offset)
    }
    report.changes = [
      Change(
        place: place(member, ".rodata", 0x18),
        kind: .string(before: root + "/src/x.c", after: "/build/x//////////////src/x.c")),
      Change(place: place(member, ".debug_str"), kind: .table(strings: 120, oldSize: 4096, newSize: 3900)),
      Change(
        place: place(member, ".note.gnu.build-id", 0x10),
        kind: .buildID(before: "0123456789abcdef", after: "fedcba9876543210")),
      Change(
        place: place("x-1.0.dist-info/RECORD"),
        kind: .recordRow(before: "pkg/_a.so,sha256=AAAA,4096", after: "pkg/_a.so,sha256=BBBB,3900")),
      Change(
        place: place("x-1.0.dist-info/RECORD"),
        kind: .recordRow(before: "x-1.0.dist-info/RECORD.jws,,", after: nil)),
      Change(
        place: place("pkg/__init__.py"),
        kind: .time(before: "2026-07-01T12:00:00", after: "1980-01-01T00:00:00")),
      Change(place: place("x-1.0.dist-info/RECORD.jws"), kind: .dropped),
    ]
    return report
  }

  /// What the dynamic linker would follow: one run path that stays, one that goes.
  static var runPath: FileReport {
    var report = FileReport(path: wheel)
    report.findings = [
      finding(
        ".dynstr", 0x2a0, before: "/opt/lib:", after: "/lib", rule: .runPath,
        context: "DT_RUNPATH entry 2 of 2", fate: .left(reason: "anyone may create this directory")),
      finding(
        ".dynstr", 0x2a0, before: "/opt/lib:", after: "/lib", rule: .runPath,
        context: "DT_RUNPATH entry 2 of 2", fate: .removed, member: "pkg/_b.so"),
    ]
    report.findings[1].replacement = ""
    report.changes = [
      Change(
        place: Place(path: wheel, member: "pkg/_b.so", section: "DT_RUNPATH"),
        kind: .runPath(before: "/opt/lib:\(root)/lib", after: "/opt/lib")),
      Change(
        place: Place(path: wheel, member: "pkg/_c.so", section: "DT_RPATH"),
        kind: .runPath(before: "\(root)/lib", after: nil)),
    ]
    return report
  }

  /// What is wrong with the container, and a generated text.
  static var container: FileReport {
    var report = FileReport(path: wheel)
    let record = Place(path: wheel, member: "x-1.0.dist-info/RECORD", offset: 0x41)
    func defect(_ rule: Rule, _ place: Place, _ defect: Defect, _ fate: Finding.Fate) -> Finding {
      Finding(place: place, rule: rule, subject: .defect(defect), fate: fate)
    }
    report.findings = [
      finding(
        "", 0x2a, before: "path+file://", after: "/x#0.1.0", rule: .sbom, context: "line 2, pip wheel",
        fate: .rewritten, member: "x-1.0.dist-info/sboms/x.cdx.json"),
      defect(
        .wrongHash, record,
        Defect("pkg/_a.so has another hash", claimed: "sha256=AAAA", actual: "sha256=BBBB"),
        .left(reason: "only where RC is named")),
      defect(
        .missingRow, Place(path: wheel, member: "x-1.0.dist-info/RECORD"), Defect("pkg/b.py has no row"),
        .left(reason: "only where RC is named")),
      defect(.archiveComment, Place(path: wheel), Defect("has an archive comment of 6 bytes"), .corrected),
    ]
    report.findings[0].place.section = nil
    return report
  }

  static let clean = FileReport(path: "dist/clean.whl")

  static var broken: FileReport {
    var report = FileReport(path: "dist/broken.whl")
    report.errors = [
      ScrubError(
        "needs 4 bytes, 2 left",
        at: Place(path: "dist/broken.whl", member: "pkg/_b.so", section: ".debug_line", offset: 0x1c4))
    ]
    return report
  }

  /// What a file that wants to lie to a terminal brings.
  static var hostile: FileReport {
    let path = "dist/\u{1b}[2Jevil\n.whl"
    var report = FileReport(path: path)
    report.findings = [
      finding(
        ".debug_str\u{7}", 1, before: "\u{1b}]0;title\u{7}", after: "/\u{202e}cod.x\u{9b}31m\t\u{e9}",
        context: "DW_AT_name of \u{2028}\"x\"\\", path: path, member: "a\rb.so")
    ]
    return report
  }

  /// More of one kind than anybody reads, in two roots.
  static var many: FileReport {
    var report = FileReport(path: "lib/big.so")
    report.findings = (0..<25).map { index in
      finding(
        ".debug_line_str", UInt64(index) * 0x40, after: "/src/file\(index).c",
        root: index < 8 ? root : "/tmp/pip-wheel-zz99yy88/y_0123456789abcdef0123456789abcdef",
        path: "lib/big.so", member: nil)
    }
    return report
  }
}

extension Engine {
  /// Hands out these reports, whatever is asked; what the commands call is told to `witness`.
  static func samples(
    _ reports: [FileReport] = [Sample.clean], errors: [ScrubError] = [], isParallel: Bool = false,
    witness: Witness = Witness()
  ) -> Engine {
    let answer: @Sendable (InputFile) -> FileReport = { input in
      reports.first { $0.path == input.path } ?? FileReport(path: input.path)
    }
    return Engine(
      expand: { paths in
        witness.note(.expand(paths))
        return (
          reports.map {
            InputFile(path: $0.path, relativePath: Witness.name($0.path), isExplicit: true)
          }, errors, []
        )
      },
      check: { options, input in
        witness.note(.check(input.path, jobs: options.workers.jobs))
        return answer(input)
      },
      fix: { options, input, destination in
        witness.note(.fix(input.path, destination, options.sourceDateEpoch))
        var report = answer(input)
        if case .file(let path) = destination, report.errors.isEmpty { report.writtenTo = path }
        if destination == .inPlace, !report.changes.isEmpty { report.writtenTo = input.path }
        return report
      },
      map: isParallel ? Witness.parallel : { $1.map($2) })
  }
}

/// Remembers what the commands asked the engine to do.
final class Witness: Sendable {
  enum Call: Hashable, Sendable {
    case expand([String])
    case check(String, jobs: Int)
    case fix(String, Destination, Int64?)
    case compare(String, String, prefix: String, Int64?)
  }

  private let recorded = Mutex<[Call]>([])
  var calls: [Call] { recorded.withLock { $0 } }

  func note(_ call: Call) { recorded.withLock { $0.append(call) } }

  static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Takes the files in reverse, as fast and slow workers may: the answer is in order all the same.
  @Sendable static func parallel(_ workers: Workers, _ files: [InputFile], _ work: Engine.Work)
    -> [FileReport]
  {
    files.reversed().map(work).reversed()
  }
}
