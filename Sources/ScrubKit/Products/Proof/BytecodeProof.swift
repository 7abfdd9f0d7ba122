internal import BuildRoots
import Formats

/// A `.pyc` before and after `fix`: the same objects, except for file names of code objects that held a root, and for
/// constants of a generated source, whose roots are padded.
struct BytecodeProof {
  let before: BytecodeImage
  let after: BytecodeImage
  let options: Options
  let surroundings: BytecodeScrub.Surroundings

  func compare() throws(ScrubError) -> Proof {
    var proof = Proof()
    try compareHeaders(&proof)
    if before.trailing != after.trailing {
      proof.object(
        "what stands behind the code object changed", section: "trailing bytes",
        before: "\(before.trailing.count) bytes", after: "\(after.trailing.count) bytes")
    }
    let (codes, newCodes) = (before.codes(), after.codes())
    guard codes.count == newCodes.count else {
      proof.object("has \(newCodes.count) code objects, had \(codes.count)", section: "marshal")
      return proof
    }
    var names: [Int: [UInt8]] = [:]
    var renamed: Set<Int> = []
    for (code, newCode) in zip(codes, newCodes) {
      let (name, newName) = (before.text(code.filename), after.text(newCode.filename))
      if name == newName { continue }
      guard isPath(name, newName) else {
        proof.object(
          "the file name of a code object changed", section: "marshal",
          offset: Int(after.objects[newCode.filename].start), before: String(decoding: name, as: UTF8.self),
          after: String(decoding: newName, as: UTF8.self))
        return proof
      }
      if renamed.insert(before.resolved(code.filename)).inserted { proof.roots += 1 }
      names[code.filename] = newName
    }
    for (object, new) in constants() {
      proof.roots += 1
      for index in before.objects.indices where before.resolved(index) == object { names[index] = new }
    }
    // The meaning, and, unless everything was to be rewritten, each object at its place.
    var graph = MarshalGraph(sharesEverything: true)
    let meaning = (graph.add(before, names: names), graph.add(after, names: [:]))
    let isSame = meaning.0 == meaning.1
    if !options.bytecode.isCanonical || !isSame, let object = firstDifference(names) {
      proof.object(
        "an object changed that is no file name", section: "marshal", offset: Int(after.objects[object].start)
      )
    } else if !isSame {
      proof.object("the objects mean something else", section: "marshal")
    }
    return proof
  }

  /// Strings that may change, with their roots padded, in files compiled from a generated source.
  private func constants() -> [(object: Int, new: [UInt8])] {
    guard surroundings.compiled() != nil, before.objects.count == after.objects.count else { return [] }
    let names = Set(before.codes().map { before.resolved($0.filename) })
    return before.objects.indices.compactMap { index in
      guard before.objects[index].type.isString, !names.contains(index), after.objects[index].type.isString,
        let padded = options.policy.texts.padded(before.text(index).span), after.text(index) == padded
      else { return nil }
      return (index, padded)
    }
  }

  /// The source, and the same with its roots padded.
  private func sources() throws(ScrubError) -> [Bytes] {
    guard let source = try surroundings.source()?.content else { return [] }
    let successor = surroundings.compiled() == nil ? nil : options.policy.texts.padded(source.span)
    return [source] + (successor.map { [Bytes($0)] } ?? [])
  }

  /// Whether the new name is the old one without its root, or relative to the directory that the file is installed in.
  private func isPath(_ name: [UInt8], _ newName: [UInt8]) -> Bool {
    guard let root = options.roots.firstRoot(in: name.span) else { return isLocation(name, newName) }
    if let clean = options.roots.clean(name.span), clean == newName { return true }
    var relative = newName[...]
    if let prefix = options.bytecode.prefix {
      guard relative.starts(with: "\(prefix)/".utf8) else { return false }
      relative = relative.dropFirst(prefix.utf8.count + 1)
    }
    if let source = surroundings.sourceName, !relative.elementsEqual(source.utf8) { return false }
    let slash = UInt8(ascii: "/")
    let inside = name[root.range.upperBound...].drop { $0 == slash }
    return !relative.isEmpty
      && (inside.elementsEqual(relative)
        || inside.suffix(relative.count + 1).elementsEqual([slash] + relative))
  }

  /// The path of the file's own source in the tree, without the tree's directory.
  private func isLocation(_ name: [UInt8], _ newName: [UInt8]) -> Bool {
    guard let location = BytecodeLocation(before.bytes, surroundings, options),
      location.directory(in: name) != nil
    else { return false }
    let prefix = options.bytecode.prefix.map { "\($0)/" } ?? ""
    return newName.elementsEqual((prefix + location.sourceName).utf8)
  }

  /// The first object that differs; references may have traded places with their targets.
  private func firstDifference(_ names: [Int: [UInt8]]) -> Int? {
    for index in before.objects.indices {
      guard index < after.objects.count else { return after.objects.count - 1 }
      let (old, new) = (before.resolved(index), after.resolved(index))
      let (one, other) = (before.objects[old], after.objects[new])
      if let name = names[index] {
        guard other.type.isString, after.text(index) == name else { return index }
        continue
      }
      guard one.type == other.type, one.isReferable == other.isReferable, one.count == other.count,
        before.marshal[one.payload] == after.marshal[other.payload],
        old == new && one.end == other.end || old != new && one.type.isString
      else { return index }
    }
    return after.objects.count > before.objects.count ? before.objects.count : nil
  }

  private func compareHeaders(_ proof: inout Proof) throws(ScrubError) {
    if before.header == after.header { return }
    let isMeant: Bool
    switch (options.bytecode.header, after.header.validation) {
    case (.checkedHash, .hash(let hash, isChecked: true)),
      (.uncheckedHash, .hash(let hash, isChecked: false)):
      isMeant = try sources().contains { after.header.version.sourceHash($0) == hash }
    case (.clamp, .timestamp(let time, let size)):
      if case .timestamp(let old, size) = before.header.validation, let epoch = options.sourceDateEpoch {
        isMeant = Int64(old) > epoch && Int64(time) == epoch
      } else {
        isMeant = false
      }
    case (.keep, .hash(let hash, let isChecked)):
      if case .hash(_, isChecked) = before.header.validation {
        isMeant = try sources().dropFirst().contains { after.header.version.sourceHash($0) == hash }
      } else {
        isMeant = false
      }
    default: isMeant = false
    }
    if isMeant, before.header.version == after.header.version {
      proof.seals += 1
    } else {
      proof.object(
        "the header changed", section: "header", offset: after.header.validationOffset,
        before: "\(before.header.validation)", after: "\(after.header.validation)")
    }
  }
}
