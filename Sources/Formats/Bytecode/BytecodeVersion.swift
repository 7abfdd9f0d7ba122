/// How the interpreters that write a `.pyc` differ, by the magic number in its first two bytes (CPython,
/// Include/internal/pycore_magic_number.h). Only released numbers: the layout of an alpha between two of them is
/// unknown.
package struct BytecodeVersion: Hashable, Sendable {
  /// `3.11`.
  package var name: String
  package var magic: UInt16
  /// Bytes of the header: 12 in 3.6, 16 since PEP 552.
  package var headerSize: Int
  /// SipHash rounds for each word and at the end, for the source's hash; nil if there is none.
  package var hashRounds: (compression: Int, finalization: Int)? {
    switch magic {
    case 3379: nil
    case 3394...3439: (2, 4)
    default: (1, 3)
    }
  }
  /// The fields of a code object, in order.
  package var fields: [CodeField]

  package static let all: [BytecodeVersion] = [
    BytecodeVersion(name: "3.6", magic: 3379, headerSize: 12, fields: CodeField.upTo37),
    BytecodeVersion(name: "3.7", magic: 3394, headerSize: 16, fields: CodeField.upTo37),
    BytecodeVersion(name: "3.8", magic: 3413, headerSize: 16, fields: CodeField.upTo310),
    BytecodeVersion(name: "3.9", magic: 3425, headerSize: 16, fields: CodeField.upTo310),
    BytecodeVersion(name: "3.10", magic: 3439, headerSize: 16, fields: CodeField.upTo310),
    BytecodeVersion(name: "3.11", magic: 3495, headerSize: 16, fields: CodeField.since311),
    BytecodeVersion(name: "3.12", magic: 3531, headerSize: 16, fields: CodeField.since311),
    BytecodeVersion(name: "3.13", magic: 3571, headerSize: 16, fields: CodeField.since311),
    BytecodeVersion(name: "3.14", magic: 3627, headerSize: 16, fields: CodeField.since311),
  ]

  package static func of(magic: UInt16) -> BytecodeVersion? { all.first { $0.magic == magic } }

  /// Since 3.14 a flag says whether a function's first constant is its docstring.
  package var marksDocstrings: Bool { magic >= 3627 }

  /// Slices became constants in 3.14.
  package var hasSlices: Bool { magic >= 3627 }
}

/// One field of a code object, as marshal writes it (CPython, Python/marshal.c).
package enum CodeField: String, Hashable, Sendable {
  // Four untyped bytes.
  case argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, firstlineno
  // bytes
  case code, localspluskinds, lnotab, linetable, exceptiontable
  // tuple
  case consts, names, varnames, freevars, cellvars, localsplusnames
  // str
  case filename, name, qualname

  package enum Kind: Hashable, Sendable { case number, bytes, tuple, string }

  package var kind: Kind {
    switch self {
    case .argcount, .posonlyargcount, .kwonlyargcount, .nlocals, .stacksize, .flags, .firstlineno: .number
    case .code, .localspluskinds, .lnotab, .linetable, .exceptiontable: .bytes
    case .consts, .names, .varnames, .freevars, .cellvars, .localsplusnames: .tuple
    case .filename, .name, .qualname: .string
    }
  }

  fileprivate static let upTo37: [CodeField] =
    [.argcount, .kwonlyargcount, .nlocals, .stacksize, .flags] + oldObjects
  fileprivate static let upTo310: [CodeField] =
    [.argcount, .posonlyargcount, .kwonlyargcount, .nlocals, .stacksize, .flags] + oldObjects
  fileprivate static let since311: [CodeField] = [
    .argcount, .posonlyargcount, .kwonlyargcount, .stacksize, .flags, .code, .consts, .names,
    .localsplusnames, .localspluskinds, .filename, .name, .qualname, .firstlineno, .linetable,
    .exceptiontable,
  ]
  private static let oldObjects: [CodeField] = [
    .code, .consts, .names, .varnames, .freevars, .cellvars, .filename, .name, .firstlineno, .lnotab,
  ]
}
