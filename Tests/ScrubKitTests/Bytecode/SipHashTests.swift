import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct SipHashTests {
  /// The reference implementation's vectors: key 00 01 … 0f, messages 00 01 … of growing length.
  @Test func `SipHash-2-4 gives the reference values`() {
    let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    let hash = SipHash(key: key, compression: 2, finalization: 4)
    for (length, expected): (UInt8, UInt64) in [
      (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (15, 0xa129_ca61_49be_45e5),
    ] {
      let message = Array(0..<length)
      let result = hash.hash(message.span)
      #expect(result == expected)
    }
  }

  /// `_imp.source_hash` of each interpreter, for every length up to some words.
  @Test(arguments: Interpreter.all.filter { $0.version != "3.6" })
  func `hashes are the interpreter's`(interpreter: Interpreter) throws {
    let script = """
      import _imp, importlib.util as u
      m = u.MAGIC_NUMBER
      print(int.from_bytes(m[:2], "little"))
      for n in range(40):
          print(int.from_bytes(_imp.source_hash(int.from_bytes(m, "little"), bytes(range(n))), "little"))
      """
    let numbers = try interpreter.run(["-c", script]).split(separator: "\n").map { UInt64($0) }
    let magic = try #require(numbers[0])
    let version = try #require(BytecodeVersion.of(magic: UInt16(magic)))
    #expect(version.name == interpreter.version)
    for length in 0..<40 {
      #expect(version.sourceHash(Bytes(Array(0..<UInt8(length)))) == numbers[length + 1])
    }
  }
}
