import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct GeneratedTextTests {
  private static let root = "/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef"
  private static let example = "/tmp/pip-wheel-xy98zw76/x_fedcba9876543210fedcba9876543210"

  @Test(
    arguments: [
      ("x-1.dist-info/sboms/x.cyclonedx.json", "BP501"), ("x-1.dist-info/sboms/auditwheel.cdx.json", "BP501"),
      ("numpy/__config__.py", "BP502"), ("lib/_sysconfigdata__linux_.py", "BP503"),
      ("x/lib/x.pc", "BP504"),
      ("x/cmake/xConfig.cmake", "BP504"), ("x/lib/libx.la", "BP504"),
      ("x-1.dist-info/METADATA", nil), ("x/__init__.py", nil), ("CHANGELOG.md", nil), ("x/sboms/x.json", nil),
      ("x/_build_config.py", "BP502"), ("x/build_info.json", "BP502"), ("x/static/app.js.map", "BP505"),
      ("x/config.py", nil), ("x-1.dist-info/licenses/x.json", nil),
    ] as [(String, String?)])
  func kinds(_ row: (name: String, code: String?)) {
    #expect(GeneratedText.rule(of: row.name)?.code == row.code)
  }

  /// A wheel with paths in a bill of materials and one of them in prose.
  private static func wheel() -> [UInt8] {
    let sbom =
      "{\"components\": [{\"bom-ref\": \"path+file://\(root)/x#0.1.0\"}, {\"p\": \"/home/alice/y\"}]}\n"
    let files = [
      ("x-1.dist-info/sboms/x.cdx.json", sbom), ("x/__init__.py", "\"\"\"As in \(example)/x.\"\"\"\n"),
      ("x-1.dist-info/METADATA", "See \(example)\n"),
    ]
    var record = files.map { name, text in
      let content = Bytes(Array(text.utf8))
      return "\(name),sha256=\(RecordHash.sha256.digest(content)),\(content.count)\n"
    }.joined()
    record += "x-1.dist-info/RECORD,,\n"
    return TestZip(files.map { .init($0.0, $0.1) } + [.init("x-1.dist-info/RECORD", record)]).bytes()
  }

  @Test func generatedTextIsFixedAndProseStays() throws {
    let scratch = Scratch()
    let path = scratch.file("x-1-py3-none-any.whl", Self.wheel())
    let input = InputFile(path: path, relativePath: "x", isExplicit: true)
    let report = Scrub(Options()).check(input)
    #expect(report.errors.isEmpty)
    // A docstring is an example, METADATA is not.
    #expect(report.findings.map(\.rule.code).sorted() == ["BP101", "BP501", "BP501"])
    #expect(report.findings.allSatisfy { ($0.fate == .rewritten) == ($0.rule.code == "BP501") })

    #expect(Scrub(Options()).fix(input, to: .inPlace).errors.isEmpty)
    let wheel = try Wheel.open(path)
    let text = try #require(wheel.member(named: "x-1.dist-info/sboms/x.cdx.json")).content().array()
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(text)) as? [String: [[String: String]]])
    #expect(json["components"] == [["bom-ref": "path+file:///build/x/x#0.1.0"], ["p": "/build/y"]])
    let prose = try #require(wheel.member(named: "x/__init__.py")).content().array()
    #expect(String(decoding: prose, as: UTF8.self).contains(Self.example))
    // RECORD is true, and nothing is left.
    #expect(Scrub(Options()).check(input).findings.map(\.rule.code) == ["BP101"])
  }

  @Test func unselectedTextIsLeft() throws {
    let scratch = Scratch()
    let path = scratch.file("x-1-py3-none-any.whl", Self.wheel())
    let input = InputFile(path: path, relativePath: "x", isExplicit: true)
    func texts(_ options: Options) -> [Finding] {
      Scrub(options).check(input).findings.filter { $0.place.member != "x-1.dist-info/METADATA" }
    }
    for ignore in [["BP5"], ["BP501"], ["sbom"]] {
      var options = Options()
      options.policy = try Policy(RuleSelection(ignore: ignore))
      #expect(texts(options).isEmpty)
    }
    var options = Options()
    options.paths.ignores = [(try Glob("*.dist-info/sboms"), ["BP5"])]
    #expect(texts(options).isEmpty)
    options = Options()
    options.paths.excluded = [try Glob("sboms")]
    #expect(texts(options).isEmpty)
  }

  /// Where a linker looks for libraries, another directory that nobody owns is no cure.
  @Test func searchPathsStay() throws {
    let text =
      "prefix=\(Self.root)\nLibs: -L\(Self.root)/lib -lx -Wl,-rpath,\(Self.root)/lib -I\(Self.root)/include\n"
    let scrub = GeneratedTextScrub(options: Options(), rule: .packageConfiguration)
    let outcome = try scrub.run(Bytes(Array(text.utf8)), fix: true)
    #expect(outcome.findings.map(\.isFixable) == [true, false, false, true])
    let output = try #require(outcome.output)
    #expect(
      String(decoding: output.array(), as: UTF8.self)
        == "prefix=/build/x\nLibs: -L\(Self.root)/lib -lx -Wl,-rpath,\(Self.root)/lib -I/build/x/include\n")
    #expect(try scrub.run(output, fix: true).output == nil)
    var proof = ContentProof(options: Options(), text: .packageConfiguration)
    #expect(try proof.compare(Bytes(Array(text.utf8)), output).violations.isEmpty)
    proof.text = .sysconfig
    #expect(try !proof.compare(Bytes(Array(text.utf8)), output).violations.isEmpty)
    // A program that shows how it was built searches nothing.
    let shown = GeneratedTextScrub(options: Options(), rule: .buildConfiguration)
    #expect(try shown.run(Bytes(Array(text.utf8)), fix: true).findings.allSatisfy { $0.isFixable })
  }

  /// Text may grow, so what is too short for the prefix becomes it; what the user maps to `.` stays.
  @Test func absolutePathsStayAbsolute() throws {
    let text = "prefix='/root/python'\nlibs=/io/lib\nsdk=/opt/sdk/lib\nd=/tmp/tmpab12cd_4/x\n"
    var options = Options()
    options.policy = try Policy(RuleSelection(select: nil), own: [try Rule.map("/opt/sdk=.")])
    let scrub = GeneratedTextScrub(options: options, rule: .sysconfig)
    let outcome = try scrub.run(Bytes(Array(text.utf8)), fix: true)
    #expect(outcome.findings.filter { !$0.isFixable }.map(\.root) == ["/opt/sdk"])
    let output = try #require(outcome.output)
    #expect(
      String(decoding: output.array(), as: UTF8.self)
        == "prefix='/build/python'\nlibs=/build/lib\nsdk=/opt/sdk/lib\nd=/build/tmp/x\n")
    #expect(try scrub.run(output, fix: true).output == nil)
    let plain = GeneratedTextScrub(options: Options(), rule: .sysconfig)
    let fixed = try plain.run(Bytes(Array("p=/root/x\n".utf8)), fix: true).output
    #expect(fixed?.array() == Array("p=/build/x\n".utf8))
  }
}
