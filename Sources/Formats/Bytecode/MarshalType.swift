/// The letter with which an object begins (CPython, Python/marshal.c), without the bit that lets others refer to it.
package enum MarshalType: UInt8, Sendable {
  case null = 0x30  // 0
  case none = 0x4e  // N
  case stopIteration = 0x53  // S
  case ellipsis = 0x2e  // .
  case `false` = 0x46  // F
  case `true` = 0x54  // T
  case int = 0x69  // i
  case long = 0x6c  // l
  case float = 0x66  // f
  case binaryFloat = 0x67  // g
  case complex = 0x78  // x
  case binaryComplex = 0x79  // y
  case bytes = 0x73  // s
  case unicode = 0x75  // u
  case interned = 0x74  // t
  case ascii = 0x61  // a
  case asciiInterned = 0x41  // A
  case shortASCII = 0x7a  // z
  case shortASCIIInterned = 0x5a  // Z
  case tuple = 0x28  // (
  case smallTuple = 0x29  // )
  case list = 0x5b  // [
  case dict = 0x7b  // {
  case set = 0x3c  // <
  case frozenSet = 0x3e  // >
  case slice = 0x3a  // :
  case code = 0x63  // c
  case reference = 0x72  // r
  /// Not a letter: four untyped bytes of a code object.
  case bare = 0

  /// FLAG_REF.
  package static let flag: UInt8 = 0x80

  /// Whether the interpreter assigns it a reference number when the bit is set; it ignores the bit elsewhere.
  package var canBeReferable: Bool {
    switch self {
    case .null, .none, .stopIteration, .ellipsis, .false, .true, .reference, .bare: false
    default: true
    }
  }

  package var isString: Bool {
    switch self {
    case .unicode, .interned, .ascii, .asciiInterned, .shortASCII, .shortASCIIInterned: true
    default: false
    }
  }

  package var isInterned: Bool { self == .interned || self == .asciiInterned || self == .shortASCIIInterned }

  package var isASCII: Bool { isString && self != .unicode && self != .interned }

  /// Width in bytes of the length or count before a payload of variable size; 0 if there is none.
  package var lengthWidth: Int {
    switch self {
    case .bytes, .unicode, .interned, .ascii, .asciiInterned, .tuple, .list, .set, .frozenSet: 4
    case .shortASCII, .shortASCIIInterned, .smallTuple: 1
    default: 0
    }
  }

  /// The type that CPython gives a string, which depends only on its length in bytes.
  package static func ofString(_ text: [UInt8], isInterned: Bool) -> MarshalType {
    if text.contains(where: { $0 >= 0x80 }) { return isInterned ? .interned : .unicode }
    if text.count <= 255 { return isInterned ? .shortASCIIInterned : .shortASCII }
    return isInterned ? .asciiInterned : .ascii
  }
}

/// One object of the marshalled data. Objects are listed in file order, so that everything between an object and its
/// `end` is inside it, and no tree has to be walked recursively.
package struct MarshalObject: Sendable {
  package var type: MarshalType
  /// Whether FLAG_REF is set: the object then has a number.
  package var isReferable: Bool
  /// For `reference`, the object it leads to.
  package var target: Int32 = -1
  /// The index after the last object inside this one; 0 while it is being read.
  package var end: Int32 = 0
  /// A string's bytes or a number's digits, without type and length. Offsets in the marshalled data.
  package var start: Int32
  package var count: Int32 = 0

  package var payload: Range<Int> { Int(start)..<Int(start) + Int(count) }
}
