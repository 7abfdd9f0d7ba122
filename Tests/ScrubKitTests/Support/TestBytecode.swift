@testable import Formats
@testable import ScrubKit

/// Compiled Python made by hand, for interpreters that this machine may not have.
struct TestBytecode {
  var version: BytecodeVersion
  private(set) var bytes: [UInt8]

  init(_ version: BytecodeVersion, header: [UInt8]? = nil) {
    self.version = version
    bytes = header ?? Self.header(version)
  }

  static func header(_ version: BytecodeVersion, time: UInt32 = 1_700_000_000, size: UInt32 = 7) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: UInt32(version.magic) | 0x0a0d_0000)
    if version.headerSize == 16 { bytes.append(little: UInt32(0)) }
    bytes.append(little: time)
    bytes.append(little: size)
    return bytes
  }

  /// One field of a code object, or one element of a tuple.
  indirect enum Value {
    case raw([UInt8])
    case string(String, interned: Bool = false, flag: Bool = true)
    case reference(Int)
    case code(Code)
    case tuple([Value])
    case none
  }

  /// The fields that tests care about; all others are empty.
  struct Code {
    var filename: Value
    var name: Value = .string("<module>", interned: true)
    var constants: [Value] = []
    /// Whether the first constant is a module's docstring.
    var isDocumented = false
  }

  mutating func append(_ code: Code) {
    bytes.append(UInt8(ascii: "c") | 0x80)
    for field in version.fields {
      switch field {
      case .filename: append(code.filename)
      case .name, .qualname: append(code.name)
      case .consts: append(.tuple(code.constants))
      case .names: append(.tuple(code.isDocumented ? [.string("__doc__", interned: true, flag: false)] : []))
      // CO_OPTIMIZED but for a module whose docstring matters.
      case .flags: bytes.append(little: UInt32(code.isDocumented ? 0 : 1))
      default:
        switch field.kind {
        case .number: bytes.append(little: UInt32(1))
        case .bytes: bytes += [UInt8(ascii: "s"), 2, 0, 0, 0, 0x97, 0]
        case .tuple: append(.tuple([]))
        case .string: append(.string(field.rawValue))
        }
      }
    }
  }

  mutating func append(_ value: Value) {
    switch value {
    case .raw(let raw): bytes += raw
    case .none: bytes.append(UInt8(ascii: "N"))
    case .reference(let number):
      bytes.append(UInt8(ascii: "r"))
      bytes.append(little: UInt32(number))
    case .code(let code): append(code)
    case .tuple(let values):
      bytes += [UInt8(ascii: ")"), UInt8(values.count)]
      for value in values { append(value) }
    case .string(let text, let interned, let flag):
      let utf8 = Array(text.utf8)
      let isASCII = utf8.allSatisfy { $0 < 0x80 }
      let letters = isASCII ? (utf8.count < 256 ? "zZ" : "aA") : "ut"
      let letter = Array(letters.utf8)[interned ? 1 : 0]
      bytes.append(letter | (flag ? 0x80 : 0))
      if letters == "zZ" { bytes.append(UInt8(utf8.count)) } else { bytes.append(little: UInt32(utf8.count)) }
      bytes += utf8
    }
  }

  /// A module with two functions in it, whose names are one object.
  ///
  /// Numbers of references: 0 the module, 1 its first constant, 2 the first function.
  static func module(
    _ version: BytecodeVersion, filename: String, interned: Bool = false, constant: String = "value",
    isDocumented: Bool = false
  ) -> [UInt8] {
    var file = TestBytecode(version)
    // The inner functions come first; the name is the second object with a number in the first of them.
    let first = Code(
      filename: .string(filename, interned: interned), name: .string("first", interned: true, flag: false))
    let second = Code(filename: .reference(3), name: .string("second", interned: true, flag: false))
    file.append(
      Code(
        filename: .reference(3), name: .string("<module>", flag: false),
        constants: [.string(constant), .code(first), .none, .code(second)], isDocumented: isDocumented))
    return file.bytes
  }
}

extension BytecodeScrub {
  /// Of a file that is installed as `pkg/mod.py`.
  static func run(
    _ bytes: [UInt8], sourceName: String? = "pkg/mod.py", source: PythonSource? = nil,
    _ options: Options = Options()
  ) throws(ScrubError) -> ImageScrub.Outcome {
    try BytecodeScrub(
      options: options,
      surroundings: Surroundings(sourceName: sourceName, source: { () throws(ScrubError) in source })
    )
    .run(Bytes(bytes), fix: true)
  }
}
