internal import BuildRoots
import Formats

/// Two `.pyc` files: headers, file names, the meaning of the code, and its encoding, each separately. Marshalled data
/// is not readable, so the meaning of the objects is shown.
struct BytecodePair {
  private let one: Bytes
  private let other: Bytes
  private let roots: RootMap
  /// How many characters of each side are shown.
  static let limit = 80

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) {
    self.one = one
    self.other = other
    self.roots = roots
  }

  /// At least one difference, because the two are not equal.
  func compare() -> [Difference] {
    // If no interpreter known here understands the bytes, only their difference is reported.
    guard let header = try? BytecodeHeader(one), let otherHeader = try? BytecodeHeader(other) else {
      return [unknown(from: 0)]
    }
    let headers = self.headers(header, otherHeader)
    let (start, otherStart) = (header.version.headerSize, otherHeader.version.headerSize)
    if one[start..<one.count] == other[otherStart..<other.count], !headers.isEmpty { return headers }
    guard header.version == otherHeader.version else { return headers }
    guard let image = try? BytecodeImage(one), let otherImage = try? BytecodeImage(other) else {
      return headers + [unknown(from: start)]
    }
    let found = headers + marshal(image, otherImage) + trailing(image, otherImage)
    return found.isEmpty ? [unknown(from: 0)] : found
  }

  private func unknown(from start: Int) -> Difference {
    let (rest, otherRest) = (one[start..<one.count], other[start..<other.count])
    let offset = start + (rest.firstDifference(from: otherRest) ?? min(rest.count, otherRest.count))
    return Found.unknown(one, other, at: offset).difference(at: Place())
  }

  private func headers(_ header: BytecodeHeader, _ otherHeader: BytecodeHeader) -> [Difference] {
    guard header != otherHeader else { return [] }
    if header.version != otherHeader.version {
      return [
        Difference(
          .compiler, at: Place(offset: 0), first: "CPython \(header.version.name)",
          second: "CPython \(otherHeader.version.name)")
      ]
    }
    var cause = Cause.bytecodeHeader
    if case .timestamp(_, let size) = header.validation, case .timestamp(_, size) = otherHeader.validation {
      cause = .bytecodeTime
    }
    return [
      Difference(
        cause, at: Place(offset: UInt64(header.validationOffset)), first: "\(header.validation)",
        second: "\(otherHeader.validation)")
    ]
  }

  private func trailing(_ image: BytecodeImage, _ otherImage: BytecodeImage) -> [Difference] {
    guard image.trailing != otherImage.trailing else { return [] }
    let counts = [image, otherImage].map { "\($0.trailing.count) bytes" }
    return [
      Difference(
        .bytecodeTrailing, at: Place(section: "trailing bytes"), first: counts[0], second: counts[1])
    ]
  }

  // MARK: Objects

  private func marshal(_ image: BytecodeImage, _ otherImage: BytecodeImage) -> [Difference] {
    guard image.marshal != otherImage.marshal else { return [] }
    let names = names(image, otherImage)
    let comparison = CodeComparison(image, otherImage)
    if let first = comparison.differences.first {
      let (function, field) = (first.function, first.field)
      let code = Difference(
        .bytecodeCode, at: Place(section: "marshal"), count: comparison.differences.count,
        first: Self.shown("\(function) \(field): \(first.found)"),
        second: Self.shown("\(function) \(field): \(first.expected)"))
      return names + [code]
    }
    if !names.isEmpty, isWrittenAlike(image, otherImage) { return names }
    return names + [references(image, otherImage)]
  }

  /// File names, code object by code object.
  private func names(_ image: BytecodeImage, _ otherImage: BytecodeImage) -> [Difference] {
    var found: [Found] = []
    for (code, otherCode) in zip(image.codes(), otherImage.codes()) {
      let (name, otherName) = (image.text(code.filename), otherImage.text(otherCode.filename))
      if name == otherName { continue }
      let hasRoot = roots.containsRoot(name.span) || roots.containsRoot(otherName.span)
      found.add(
        hasRoot ? .buildRoot : .bytecodeName, Int(image.objects[image.resolved(code.filename)].start),
        Self.shown(String(decoding: name, as: UTF8.self)),
        Self.shown(String(decoding: otherName, as: UTF8.self)))
    }
    return found.map { $0.difference(at: Place(section: "marshal")) }
  }

  /// Whether the two have the same bytes except for their file names. Several names can be shared in several ways.
  private func isWrittenAlike(_ image: BytecodeImage, _ otherImage: BytecodeImage) -> Bool {
    func blank(_ image: BytecodeImage) -> [UInt8]? {
      let fields = image.codes().map(\.filename)
      guard Set(fields.map { image.resolved($0) }).count == 1, let first = fields.min(),
        image.objects[first].type != .reference
      else { return nil }
      let isReferable = image.objects[first].isReferable
      return MarshalWriter.write(image, [first: .string([], isInterned: false, isReferable: isReferable)])
    }
    guard let left = blank(image), let right = blank(otherImage) else { return false }
    return left == right
  }

  /// Objects with the same meaning but different encodings.
  private func references(_ image: BytecodeImage, _ otherImage: BytecodeImage) -> Difference {
    // The canonical form is the cure only if it makes the encodings equal.
    let isCured = canonical(image) == canonical(otherImage)
    let offset = image.marshal.firstDifference(from: otherImage.marshal)
    let texts = [image, otherImage].map { image in
      let references = image.objects.count { $0.type == .reference }
      let marked = image.objects.count(where: \.isReferable)
      return "\(image.marshal.count) bytes, \(references) references, \(marked) objects that could have some"
    }
    return Difference(
      isCured ? .bytecodeReferences : .unknown,
      at: Place(section: "marshal", offset: offset.map { UInt64($0) }), first: texts[0], second: texts[1])
  }

  /// As `fix --pyc-canonical` writes it, without names.
  private func canonical(_ image: BytecodeImage) -> [UInt8] {
    var graph = MarshalGraph(sharesEverything: false)
    let names = Dictionary(image.codes().map { ($0.filename, [UInt8]()) }) { first, _ in first }
    let root = graph.add(image, names: names)
    return graph.write(root: root)
  }

  private static func shown(_ text: String) -> String {
    text.count <= limit ? text : text.prefix(limit - 1) + "…"
  }
}
