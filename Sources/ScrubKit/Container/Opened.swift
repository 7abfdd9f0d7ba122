/// A file that is open for work, by its magic.
enum Opened: Sendable {
  case wheel(Wheel)
  case image(MappedFile)
  case archive(MappedFile)
  case bytecode(MappedFile)

  /// - Throws: where the file cannot be read, is neither, or is a wheel that `Wheel` refuses.
  static func open(_ input: InputFile) throws(ScrubError) -> Opened {
    let file = try MappedFile.open(input.path)
    switch Magic(file.bytes) {
    case .zip: return .wheel(try Wheel(file))
    case .elf, .machO, .universal, .relocationMap: return .image(file)
    case .archive: return .archive(file)
    case .bytecode: return .bytecode(file)
    case .other:
      // The name tells what the user took it for.
      if input.path.hasSuffix(".whl") { return .wheel(try Wheel(file)) }
      throw ScrubError(
        file.bytes.isEmpty
          ? "file is empty"
          : "needs a wheel, an ELF or Mach-O image, a static archive or compiled Python, has the magic of none",
        at: Place(path: input.path))
    }
  }
}
