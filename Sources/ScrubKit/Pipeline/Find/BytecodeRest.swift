internal import BuildRoots
import Formats

/// The bytes after the code object of a `.pyc`. No import reads them, so `fix` removes them unless something else could
/// read them.
struct BytecodeRest {
  private let image: BytecodeImage
  private let options: Options

  init(_ image: BytecodeImage, _ options: Options) {
    self.image = image
    self.options = options
  }

  /// Whether `fix` removes it.
  var goes: Bool { !image.trailing.isEmpty && isSelected && !holdsZip }

  /// The bytes that remain.
  var kept: Bytes { goes ? image.trailing[0..<0] : image.trailing }

  private var isSelected: Bool { options.policy.selection.contains(.trailingBytecode) }

  /// The end of a zip's directory (APPNOTE 4.3.16). Python runs a file that ends with a zip as that zip, whatever the
  /// file begins with.
  private var holdsZip: Bool { image.trailing.span.firstIndex(of: [0x50, 0x4b, 0x05, 0x06]) != nil }

  var findings: [Finding] {
    guard !image.trailing.isEmpty, isSelected else { return [] }
    let count = image.trailing.count
    return [
      Finding(
        place: Place(section: "trailing bytes", offset: UInt64(image.bytes.count - count)),
        rule: .trailingBytecode,
        subject: .defect(
          Defect("\(count) byte\(count == 1 ? " stands" : "s stand") behind the code object")),
        fate: holdsZip ? .left(reason: "they hold a zip, which Python could run") : .corrected)
    ]
  }

  /// Roots in the remaining bytes.
  func roots() -> [Finding] {
    guard !kept.isEmpty else { return [] }
    let region = Region(name: "trailing bytes", section: nil, content: kept, fileRange: nil)
    let hits = Hits.all(in: [region], options.roots)
    return RawFindings(roots: options.roots).describe(
      hits, in: [region],
      hits.map { _ in .left(reason: "nobody knows what the bytes behind the code object are") })
  }
}
