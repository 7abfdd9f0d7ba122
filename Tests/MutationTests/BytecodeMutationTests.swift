import Testing

@testable import Formats
@testable import ScrubKit

/// Flips, cuts and splices of compiled Python: an error or a result, never a trap, a hang or a wrong result.
@Suite struct BytecodeMutationTests {
  @Test(arguments: BytecodeVersion.all.map(\.name) + ["compiled"], [false, true])
  func mutations(name: String, isCanonical: Bool) throws {
    let input = try Self.input(name)
    var options = Options()
    options.bytecode.isCanonical = isCanonical
    options.bytecode.header = .checkedHash
    let source = PythonSource(content: Bytes(Array("x = 1\n\n".utf8)), modified: 1_700_000_000)
    // Headers, and the first objects, where most of the structure is.
    let focus = [0..<min(40, input.count), 16..<min(300, input.count)]
    let seed = UInt64(name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }) * 2 + (isCanonical ? 1 : 0)
    var (errors, results) = (0, 0)
    Mutation.each(of: input, times: 1200, seed: seed, focus: focus) { mutant, label in
      do throws(ScrubError) {
        let outcome = try BytecodeScrub.run(mutant, source: source, options)
        results += 1
        guard let output = outcome.output else { return }
        // What was written must be clean, but for what was left with a reason, and must stay as it is.
        let again = try BytecodeScrub.run(output.array(), source: source, options)
        #expect(again.findings.count == outcome.findings.count { !$0.isFixable }, label)
        #expect(again.output == nil, label)
      } catch {
        errors += 1
      }
    }
    #expect(errors > 0 && results > 0 || !Mutation.triesAll)
  }

  private static func input(_ name: String) throws -> [UInt8] {
    let filename = "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py"
    if let version = BytecodeVersion.all.first(where: { $0.name == name }) {
      return TestBytecode.module(version, filename: filename)
    }
    let scratch = Scratch()
    let script = """
      import importlib.util, marshal, sys
      source = '''
      class C:
          "doc"
          def f(self, x=(1, 2.5, 3j, None, ...), *a, **k):
              return x in {"a", "b", ("c", 1)} or x in {1, 2} or b"x" * 10**30
      async def g(): return [i async for i in h() if i not in {None, "e"}]
      long = 123456789012345678901234567890
      '''
      code = compile(source, sys.argv[1], "exec")
      head = importlib.util.MAGIC_NUMBER + bytes(4) + (1700000000).to_bytes(4, "little") + (7).to_bytes(4, "little")
      open("m.pyc", "wb").write(head + marshal.dumps(code))
      """
    try scratch.python(script, filename)
    return scratch.read("m.pyc")
  }
}
