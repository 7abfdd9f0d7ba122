import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Paths in strings of two and four bytes a character, from the compiler to the fixed program.
@Suite struct WideStringTests {
  private static let root = "/tmp/pip-install-q7w8e9r0/demo_0123456789abcdef0123456789abcdef"
  private static let source = """
    const __CHAR16_TYPE__ *f16(void) { return u"-I\(root)/a.c"; }
    const __CHAR32_TYPE__ *f32(void) { return U"\(root)/b.c"; }
    const __WCHAR_TYPE__ *fw(void) { return L"\(root)"; }
    """

  private static func fixed(_ compiler: String) throws -> (outcome: ImageScrub.Outcome, bytes: [UInt8]) {
    let scratch = Scratch()
    _ = scratch.file("w.c", Array(source.utf8))
    try Compiler.run(
      compiler, ["-O1", "-fPIC", "-shared", "-nostdlib", "w.c", "-o", "w.so"], in: scratch.url)
    let input = scratch.read("w.so")
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    return (outcome, outcome.output?.array() ?? input)
  }

  private static func widened(_ text: String, _ width: Int, bigEndian: Bool) -> [UInt8] {
    let zeros = [UInt8](repeating: 0, count: width - 1)
    return text.utf8.flatMap { bigEndian ? zeros + [$0] : [$0] + zeros }
  }

  @Test(arguments: ["gcc", "aarch64-linux-gnu-gcc"])
  func aProgramReadsThemAsBefore(compiler: String) throws {
    let (outcome, bytes) = try Self.fixed(compiler)
    #expect(outcome.findings.map(\.isFixable) == [true, true, true])
    #expect(Set(outcome.findings.map(\.root)) == [Self.root])
    #expect(Set(outcome.findings.map(\.text)) == ["-I\(Self.root)/a.c", "\(Self.root)/b.c", Self.root])
    let stable =
      "/build/demo" + String(repeating: "/", count: Self.root.utf8.count - "/build/demo".utf8.count)
    for (text, width) in [("-I\(stable)/a.c", 2), ("\(stable)/b.c", 4), (stable, 4)] {
      let wide = Self.widened(text + "\0", width, bigEndian: false)
      #expect(Data(bytes).range(of: Data(wide)) != nil, "\(text)")
    }
    let again = try ImageScrub(options: Options()).run(Bytes(bytes), fix: true)
    #expect(again.findings.isEmpty && again.output == nil)
  }

  /// Who shares bytes with a path that ends at its random part is not known there: that one stays.
  @Test func bigEndian() throws {
    let (outcome, bytes) = try Self.fixed("powerpc64-linux-gnu-gcc")
    #expect(outcome.findings.count == 3)
    #expect(outcome.findings.filter { !$0.isFixable }.map(\.text) == [Self.root])
    #expect(Data(bytes).range(of: Data(Self.widened("-I/build/demo////", 2, bigEndian: true))) != nil)
    #expect(Data(bytes).range(of: Data(Self.widened("/build/demo/////", 4, bigEndian: true))) != nil)
    #expect(Data(bytes).range(of: Data(Self.widened(Self.root, 4, bigEndian: true))) != nil)
  }
}
