/// What is fuzzed, by the name of its program and of its directory of inputs.
public enum Target: String, CaseIterable, Sendable {
  /// ELF images with DWARF.
  case elf
  /// Mach-O images with signatures, universal files.
  case macho
  /// Static archives, zips, and wheels with a RECORD.
  case container
  /// `.pyc` files.
  case bytecode
  /// Configuration, patterns, and the text that they are searched in.
  case text
  /// A package manager's lines, and the command lines of a compiler.
  case lines

  /// - Throws: the first promise that the input breaks.
  public func hold(for input: [UInt8]) throws(Violation) {
    switch self {
    case .elf: try FileLaws(name: "m.so").hold(for: input)
    case .macho: try FileLaws(name: "m.dylib").hold(for: input)
    case .container: try ContainerLaws.hold(for: input)
    case .bytecode: try FileLaws(name: "m.pyc").hold(for: input)
    case .text: try TextLaws.hold(for: input)
    case .lines: try LineLaws.hold(for: input)
    }
  }
}
