import Formats

/// A module that a `.pth` file imports when Python starts, and that tells where an editable installation's source is:
/// the finders and loaders of setuptools, scikit-build-core, meson-python and `editables` (PEP 660).
enum EditableLoader {
  /// Recognizes the names that those tools use.
  static func isOne(named name: String) -> Bool {
    guard name.hasSuffix(".py") else { return false }
    let stem = name.dropLast(3)
    return stem.hasPrefix("__editable__") && stem.hasSuffix("_finder")
      || stem.hasPrefix("_") && stem.hasSuffix("_editable_loader")
      || stem.hasPrefix("_") && stem.hasSuffix("_editable") || stem.hasPrefix("_editable_skbc_")
      || stem.hasPrefix("_editable_impl_") || stem.hasPrefix("__editables_")
  }

  /// The modules that lines of a `.pth` file import (`site`, "import lines"); only whole names at the beginning of a
  /// line, as tools write them.
  static func imports(_ text: [UInt8]) -> [String] {
    text.split(separator: 0x0a).flatMap { line -> [String] in
      let line = String(decoding: line, as: UTF8.self)
      guard line.hasPrefix("import ") || line.hasPrefix("import\t") else { return [] }
      let names = line.dropFirst(7).prefix { $0 != ";" && $0 != "#" }
      return names.split(separator: ",").compactMap { name in
        name.split(whereSeparator: \.isWhitespace).first.map { String($0.prefix { $0 != "." }) }
      }
    }
  }

  /// The places of paths in one; none if the Python is not understood.
  static func places(_ bytes: Bytes) -> [PathPlaces.Place] {
    ((try? PythonStrings(bytes))?.literals ?? []).filter { !$0.content.isEmpty }.map {
      PathPlaces.Place(range: $0.content, form: .literal, label: "")
    }
  }

  /// Why a loader is left unchanged although a directory that it names moves; nil if it can follow.
  static func obstacle(_ bytes: Bytes, _ relocations: PathRelocations) -> String? {
    let span = bytes.span
    func holds(_ text: String) -> Bool { span.firstIndex(of: Array(text.utf8)) != nil }
    let isNamed = relocations.mayHold(span)
    // The plan in the build directory names the sources, and ninja's files name both.
    if isNamed, holds("intro-install_plan.json") {
      return
        "it asks the build directory's own files, which name the old place: install it anew where the tree will be"
    }
    guard let strings = try? PythonStrings(bytes) else {
      return isNamed ? "it is no Python that is understood" : nil
    }
    let isScikitBuild = holds("SKBUILD_EDITABLE")
    for literal in strings.literals {
      let content = bytes[literal.content].span
      if literal.hasEscapes, relocations.mayHold(Bytes(unescaped(bytes[literal.content])).span) {
        return "a string in it spells the old directory with escapes"
      }
      guard isScikitBuild, relocations.mayHold(content) else { continue }
      // The build directory is followed by a flag: whether an import rebuilds.
      let rest = bytes[min(literal.content.upperBound + 1, bytes.count)..<bytes.count]
      if rest.slice(at: 0, length: 6)?.array() == Array(", True".utf8) {
        return
          "an import runs CMake in the build directory, whose own files name the old place: install it anew where the tree will be"
      }
    }
    return nil
  }

  /// The bytes that a literal's simple escapes denote: `\/`, `\x2f`, `\057`, `\u002f`. Character names are left
  /// unchanged.
  private static func unescaped(_ bytes: Bytes) -> [UInt8] {
    let text = bytes.array()
    var result: [UInt8] = []
    var position = 0
    while position < text.count {
      guard text[position] == UInt8(ascii: "\\"), position + 1 < text.count else {
        result.append(text[position])
        position += 1
        continue
      }
      let letter = text[position + 1]
      let width =
        letter == UInt8(ascii: "x")
        ? 2 : letter == UInt8(ascii: "u") ? 4 : letter == UInt8(ascii: "U") ? 8 : 0
      let octal = text[(position + 1)...].prefix(3).prefix { (0x30...0x37).contains($0) }
      if width > 0, position + 2 + width <= text.count,
        let value = UInt32(
          String(decoding: text[position + 2..<position + 2 + width], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(value)
      {
        result += Array(String(Character(scalar)).utf8)
        position += 2 + width
      } else if !octal.isEmpty {
        result.append(UInt8(truncatingIfNeeded: octal.reduce(0) { $0 << 3 | Int($1 & 7) }))
        position += 1 + octal.count
      } else {
        if letter != 0x0a { result.append(letter) }
        position += 2
      }
    }
    return result
  }
}
