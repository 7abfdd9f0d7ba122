internal import BuildRoots
import Formats

/// Turns roots in the strings of a `.pyc` into findings.
struct BytecodeFindings {
  let image: BytecodeImage
  let codes: [BytecodeImage.Code]
  let plan: BytecodePlan
  let roots: RootMap

  /// One finding for each root, in the order of the file; none for prose.
  func describe(_ found: [BuildRoot], in strings: BytecodeStrings) -> [Finding] {
    guard !found.isEmpty else { return [] }
    let docstrings = Set(codes.compactMap { docstring(of: $0) })
    let owners = image.owners(codes)
    return found.flatMap { root -> [Finding] in
      let (object, offset) = strings.object(at: root.range.lowerBound)
      if docstrings.contains(object) { return [] }
      let (text, rootOffset) = strings.region.text(around: root.range)
      func finding(user: Int?, _ fate: Finding.Fate, _ context: String, replacement: [UInt8]) -> Finding {
        let start = user.map { Int(image.objects[$0].start) } ?? Int(image.objects[object].start) + offset
        return Finding(
          place: Place(section: "marshal", offset: UInt64(start)), rule: root.rule,
          root: String(decoding: strings.region.content[root.range].array(), as: UTF8.self), text: text,
          rootOffset: rootOffset, context: context, replacement: String(decoding: replacement, as: UTF8.self),
          fate: fate)
      }
      /// - Parameter user: what refers to the string; nil if it is the string itself.
      func constant(_ user: Int?) -> Finding {
        finding(
          user: user, .left(reason: "the program computes with it; it comes from the source"),
          "constant or name in \(name(codes[owners[user ?? object]]))",
          replacement: roots.replacement(for: root))
      }
      guard let rename = plan.rename(of: object) else { return [constant(nil)] }
      if rename.isConstant {
        let context = "constant or name in \(name(codes[owners[object]])), as in its source"
        return [finding(user: nil, .rewritten, context, replacement: roots.padding(for: root))]
      }
      // A constant may be the same object as the name; the constant keeps the string.
      let kept = rename.otherUses.first.map { constant($0 == object ? nil : $0) }
      return [finding(user: nil, .renamed, context(rename), replacement: rename.after)]
        + (kept.map { [$0] } ?? [])
    }
  }

  /// Names that say where the tree is, one finding each, in the order of the file.
  func locations() -> [Finding] {
    plan.renames.compactMap { rename in
      guard let length = rename.location else { return nil }
      return Finding(
        place: Place(section: "marshal", offset: UInt64(image.objects[rename.object].start)),
        rule: .bytecodeLocation, root: String(decoding: rename.before.prefix(length), as: UTF8.self),
        text: String(decoding: rename.before, as: UTF8.self), rootOffset: 0, context: context(rename),
        replacement: String(decoding: rename.after, as: UTF8.self), fate: .renamed)
    }
  }

  /// Constants that name a directory that moves, in code that is run without a source: reported whatever rules are
  /// selected, because Python may import from there.
  func kept(_ relocations: PathRelocations) -> [Finding] {
    let owners = image.owners(codes)
    let docstrings = Set(codes.compactMap { docstring(of: $0) })
    let names = Set(codes.map { image.resolved($0.filename) })
    return image.objects.indices.compactMap { index in
      guard image.objects[index].type.isString || image.objects[index].type == .bytes,
        !docstrings.contains(index), !names.contains(index), relocations.relocated(image.text(index)) != nil
      else { return nil }
      let text = String(decoding: image.text(index), as: UTF8.self)
      return Finding(
        place: Place(section: "marshal", offset: UInt64(image.objects[index].start)), rule: .pathFile,
        root: text, text: text, rootOffset: 0, context: "constant in \(name(codes[owners[index]]))",
        replacement: text, fate: .left(reason: "it has no source that could follow"))
    }
  }

  /// The byte ranges of the file that hold the roots for which `describe` makes findings.
  static func reportedRoots(in image: BytecodeImage, _ options: Options) -> [Range<Int>] {
    let codes = image.codes()
    let findings = BytecodeFindings(
      image: image, codes: codes, plan: BytecodePlan(image, codes, sourceName: nil, options: options),
      roots: options.roots)
    let strings = BytecodeStrings(image)
    let docstrings = Set(codes.compactMap { findings.docstring(of: $0) })
    return options.roots.roots(in: strings.region.content.span).compactMap { root in
      let (object, offset) = strings.object(at: root.range.lowerBound)
      if docstrings.contains(object) { return nil }
      let start = image.header.version.headerSize + image.objects[object].payload.lowerBound + offset
      return start..<start + root.range.count
    }
  }

  /// The docstring of a function or module, if it is prose (contains a space): a changelog or example that quotes a
  /// path is not a leak. Being the first constant does not suffice: that of a module, lambda or comprehension may be
  /// any string that the program uses.
  private func docstring(of code: BytecodeImage.Code) -> Int? {
    let constants = image.resolved(code.constants)
    let first = constants + 1
    guard isDocumented(code), first < Int(image.objects[constants].end), image.objects[first].type.isString
    else { return nil }
    let isProse = image.text(first).contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return isProse ? first : nil
  }

  /// Whether a first constant that is a string is the docstring. Up to 3.13, the first constant of a function without a
  /// docstring is None.
  private func isDocumented(_ code: BytecodeImage.Code) -> Bool {
    if code.isFunction {
      return image.header.version.marksDocstrings
        ? code.hasDocstring
        : image.text(code.name).last != UInt8(ascii: ">")  // <lambda>, f.<locals>.<listcomp>
    }
    // A module stores its docstring first.
    let names = image.resolved(code.names)
    return names + 1 < Int(image.objects[names].end) && image.text(names + 1).elementsEqual("__doc__".utf8)
  }

  /// `co_filename of <module> and 3 others`.
  private func context(_ rename: BytecodePlan.Rename) -> String {
    let others = rename.fields.count - 1
    return "co_filename of \(name(codes[rename.firstUser]))"
      + (others == 0 ? "" : others == 1 ? " and another" : " and \(others) others")
  }

  private func name(_ code: BytecodeImage.Code) -> String {
    String(decoding: image.text(code.name), as: UTF8.self)
  }
}
