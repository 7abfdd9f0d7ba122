import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What lies deep, is large or lies about itself: looked into as far as limits allow, said where not, never an error.
@Suite struct PayloadLimitTests {
  private func packed(_ script: String) throws -> [UInt8] {
    let scratch = Scratch()
    _ = scratch.file("text", Array(TestPayload.text.utf8))
    try scratch.python(
      """
      import bz2, gzip, io, lzma, zipfile, zlib
      text = open("text", "rb").read()
      def pack(name, data, method=0):
          file = io.BytesIO()
          with zipfile.ZipFile(file, "w", method) as archive:
              archive.writestr(zipfile.ZipInfo(name), data, method)
          return file.getvalue()
      \(script)
      open("out", "wb").write(data)
      """)
    return scratch.read("out")
  }

  @Test func `a zip in a zip in a section is searched`() throws {
    let inner = try packed(#"data = gzip.compress(pack("outer.zip", pack("mod.py", text, 8)), mtime=0)"#)
    let (findings, notes, _) = try PayloadTests.fix(Compiler.library(payloads: [inner]))
    #expect(findings.count == 3 && findings.allSatisfy { !$0.isFixable })
    #expect(
      findings[0].place.section == ".rodata+0x3 (gzip)+0x0 (zip member outer.zip)+0x0 (zip member mod.py)")
    #expect(!notes.contains { $0.message.contains("not looked into") })
  }

  @Test(arguments: [3, 4, 5, 40]) func `payloads in payloads are opened to a depth`(depth: Int) throws {
    let data = try packed("data = text\nfor _ in range(\(depth)): data = zlib.compress(data)")
    let (findings, notes, output) = try PayloadTests.fix(Compiler.library(payloads: [data]))
    let isOpened = depth <= Limits.payloadDepth
    #expect(findings.count == (isOpened ? 3 : 0))
    let unread = notes.filter { $0.message.contains("not looked into") }
    #expect(unread.count == (isOpened ? 0 : 1), "\(notes)")
    #expect(unread.allSatisfy { $0.message.contains("limit") })
    #expect(PayloadTests.find(data, in: output) != nil)
  }

  @Test(arguments: [
    #"data = zlib.compress(b"\0" * (200 << 20))"#, #"data = gzip.compress(b"\0" * (200 << 20))"#,
    #"data = bz2.compress(b"\0" * (200 << 20))"#, #"data = lzma.compress(b"\0" * (200 << 20), preset=0)"#,
    #"data = pack("zeros", b"\0" * (200 << 20), 8)"#,
    #"data = zlib.compress(gzip.compress(b"\0" * (200 << 20)))"#,
    #"data = b"".join(zlib.compress(b"\0" * (70 << 20)) for _ in range(3))"#,
  ])
  func `a bomb is not looked into`(script: String) throws {
    let data = try packed(script)
    let (findings, notes, _) = try PayloadTests.fix(Compiler.library(payloads: [data]))
    #expect(findings.isEmpty)
    let note = try #require(notes.first { $0.message.contains("not looked into") })
    #expect(note.message.contains("limit") && note.place.section?.hasPrefix(".rodata") ?? false)
  }

  @Test func `nothing behind a bomb is edited, because it may be a part of it`() throws {
    let bomb = try packed(#"data = zlib.compress(b"\0" * (200 << 20))"#)
    let library = try Compiler.library(payloads: [bomb, Array(TestPayload.text.utf8)])
    let (findings, _, output) = try PayloadTests.fix(library)
    #expect(findings.count == 3 && findings.allSatisfy { !$0.isFixable })
    #expect(output == library)
  }

  @Test func `headers without end cost no more than the limit`() throws {
    // A member of unknown size every 40 bytes, none of which ends; streams that end in damage.
    let data = try packed(
      #"""
      head = b"PK\3\4\x14\0\x08\0\0\0" + bytes(16) + b"\1\0\0\0x"
      stream = zlib.compress(bytes(range(256)) * 4000, 9)[:-1]
      data = (head + bytes(9)) * 4000 + b"PK\7\x08" * 4000 + stream * 200
      """#)
    let budget = PayloadBudget(for: data.count)
    #expect(budget.work < 600 << 20)
    let (findings, _, _) = try PayloadTests.fix(Compiler.library(payloads: [data]))
    #expect(findings.isEmpty)
  }

  @Test func `encrypted members and unknown methods are said once for all`() throws {
    let data = try packed(
      #"""
      one = pack("a.py", text); data = b""
      for flags, method in ((1, 0), (1, 0), (0, 14)):
          data += one[:6] + bytes([flags]) + one[7:8] + bytes([method]) + one[9:30 + 4 + len(text)]
      """#)
    let library = try Compiler.library(payloads: [data])
    let (findings, notes, output) = try PayloadTests.fix(library)
    let unread = notes.filter { $0.message.contains("not looked into") }
    #expect(unread.count == 2, "\(unread)")
    #expect(
      unread[0].message.contains("encrypted") && unread[1].message.contains("method of compression, 14"))
    // What stands there plain is found and stays.
    #expect(findings.count == 9 && findings.allSatisfy { !$0.isFixable })
    #expect(output == library)
  }

  @Test func `mutations of payloads`() throws {
    let payloads = try TestPayload.all()
    let input = try Compiler.library(payloads: payloads.map(\.bytes), text: "\(TestPayload.root)/plain.c")
    let focus = try payloads.map { payload -> Range<Int> in
      let start = try #require(PayloadTests.find(payload.bytes, in: input))
      return start..<start + payload.bytes.count
    }
    var results = 0
    Mutation.each(of: input, times: 600, seed: 2026, focus: focus) { mutant, name in
      do throws(ScrubError) {
        let outcome = try ImageScrub(options: Options()).run(Bytes(mutant), fix: true)
        results += 1
        guard let output = outcome.output else { return }
        let left = outcome.findings.count { !$0.isFixable }
        #expect(try Hits.all(in: ElfImage(output).regions(), .default).count == left, name)
      } catch {
        // Headers of the image itself, refused as before.
      }
    }
    #expect(results > 100 || !Mutation.triesAll)
  }
}
