import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Generated texts of a tree: the same rules as in the wheel that it was installed from.
@Suite struct InstalledTextTests {
  private static let root = "/tmp/pip-install-ab12cd34/x_0123456789abcdef0123456789abcdef"
  private static let sbom = "x-1.dist-info/sboms/x.cdx.json"

  /// A distribution with a bill of materials, a `.pc`, and prose; RECORD is true of them.
  private func tree(_ more: [String: String] = [:]) -> Scratch {
    let scratch = Scratch()
    var texts = [
      Self.sbom: "{\"ref\": \"path+file://\(Self.root)/x\"}\n", "x/lib/x.pc": "prefix=\(Self.root)\nA=/tmp\n",
      "x/__init__.py": "\"\"\"As in \(Self.root).\"\"\"\n", "x-1.dist-info/METADATA": "See \(Self.root)\n",
    ]
    texts.merge(more) { $1 }
    var record = ""
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      let content = Array(text.utf8)
      _ = scratch.file("lib/" + name, content)
      record += "\(name),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)\n"
    }
    _ = scratch.file("lib/x-1.dist-info/RECORD", Array((record + "x-1.dist-info/RECORD,,\n").utf8))
    return scratch
  }

  private func fix(_ scratch: Scratch, _ options: Options = Options()) -> [FileReport] {
    let inputs = Tree.expand([scratch.path + "/lib"])
    #expect(inputs.errors.isEmpty)
    let work = TreeScrub(inputs.files, options: options)
    var reports = inputs.files.indices.map { work.fix($0, to: .inPlace) }
    let records = work.commit(&reports) { _ in .inPlace }
    return reports + records
  }

  private func text(_ scratch: Scratch, _ name: String) -> String {
    String(decoding: scratch.read("lib/" + name), as: UTF8.self)
  }

  @Test func `texts of a tree are found, rewritten, and RECORD follows`() throws {
    let scratch = tree()
    let checked = Tree.expand([scratch.path + "/lib"]).files.map { Scrub(Options()).check($0) }
    #expect(checked.flatMap(\.findings).map(\.rule.code).sorted() == ["BP501", "BP504"])
    #expect(fix(scratch).allSatisfy { $0.errors.isEmpty })
    #expect(text(scratch, Self.sbom) == "{\"ref\": \"path+file:///build/x/x\"}\n")
    #expect(text(scratch, "x/lib/x.pc") == "prefix=/build/x\nA=/tmp\n")
    // Prose keeps it, and its finding.
    #expect(text(scratch, "x/__init__.py").contains(Self.root))
    let rows = text(scratch, "x-1.dist-info/RECORD")
    for name in [Self.sbom, "x/lib/x.pc"] {
      let content = scratch.read("lib/" + name)
      #expect(rows.contains("\(name),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)\n"))
    }
    // A second time there is nothing to do.
    #expect(fix(scratch).allSatisfy { $0.findings.isEmpty && $0.writtenTo == nil })
  }

  @Test func `a key is that of what fix writes`() throws {
    func key(_ scratch: Scratch) -> KeyReport.Key? {
      Keys(Options(), level: .full).run([scratch.path + "/lib"])[0].key
    }
    // Without the prose, which holds what is left of the same random name.
    let scratch = tree(["x/__init__.py": "", "x-1.dist-info/METADATA": ""])
    let before = try #require(key(scratch))
    guard case .normal = before else {
      Issue.record("\(before)")
      return
    }
    _ = fix(scratch)
    #expect(key(scratch) == before)
  }

  @Test func `rules that do not count leave texts alone`() throws {
    let scratch = tree()
    var options = Options()
    options.policy = try Policy(RuleSelection(ignore: ["BP5"]))
    #expect(fix(scratch, options).allSatisfy { $0.findings.isEmpty && $0.writtenTo == nil })
  }

  /// A loose file that was named, and one that is too large or no text.
  @Test func `a named text is checked, whatever directory it is in`() throws {
    let scratch = Scratch()
    let path = scratch.file("x.cmake", Array("set(P \"\(Self.root)/y\")\n".utf8))
    let input = InputFile(explicit: path)
    let report = Scrub(Options()).check(input)
    #expect(report.findings.map(\.rule.code) == ["BP504"] && report.errors.isEmpty)
    #expect(report.findings.first?.context?.hasPrefix("line 1") == true)
    #expect(Scrub(Options()).fix(input, to: .inPlace).errors.isEmpty)
    #expect(String(decoding: scratch.read("x.cmake"), as: UTF8.self) == "set(P \"/build/x/y\")\n")
    let binary = scratch.file("y.la", Array("\(Self.root)\0".utf8))
    #expect(Scrub(Options()).check(InputFile(explicit: binary)).findings.isEmpty)
  }
}
