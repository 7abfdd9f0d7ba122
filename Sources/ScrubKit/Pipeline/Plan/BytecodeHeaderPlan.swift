import Formats

/// What happens to the header of a `.pyc`. Only a file that is fresh relative to its source gets a new header: on a
/// stale file, a new header would make interpreters run code that does not match the source.
struct BytecodeHeaderPlan: Sendable {
  /// Nil if the header is left unchanged.
  var header: BytecodeHeader?
  /// The time that the source's file needs with the new header; nil if it keeps its own.
  var sourceTime: Int64?
  /// Why the header is left unchanged although another one was requested.
  var note: String?

  /// - Parameters:
  ///   - source: nil if there is none.
  ///   - successor: the source's new content, if it is known to compile to the same code; nil if the source does not
  ///     change.
  init(
    _ header: BytecodeHeader, source: () throws(ScrubError) -> PythonSource?, successor: Bytes? = nil,
    options: Options
  ) throws(ScrubError) {
    let kind = options.bytecode.header
    guard kind != .keep, !Self.isAlready(header, kind, options) else {
      if case .hash(let old, let isChecked) = header.validation,
        let hash = successor.flatMap({ header.version.sourceHash($0) }), hash != old
      {
        self.header = header.replacing(.hash(hash, isChecked: isChecked))
      }
      return
    }
    guard let source = try source() else {
      note = "header kept: there is no source that it could be checked against"
      return
    }
    switch Self.freshness(header, source) {
    case .stale:
      note = "header kept: stale, the source has changed since it was compiled"
      return
    case .unknown:
      note = "header kept: the source's time in a wheel is not the one that was compiled"
      return
    case .fresh: break
    }
    switch (kind, header.validation) {
    case (.keep, _), (.clamp, .hash): return
    case (.clamp, .timestamp(_, let size)):
      guard let epoch = options.sourceDateEpoch else { return }
      self.header = header.replacing(.timestamp(UInt32(truncatingIfNeeded: epoch), size: size))
      sourceTime = epoch
    case (.checkedHash, _), (.uncheckedHash, _):
      guard let hash = header.version.sourceHash(successor ?? source.content) else {
        note = "header kept: CPython \(header.version.name) has no headers with a hash"
        return
      }
      self.header = header.replacing(.hash(hash, isChecked: kind == .checkedHash))
    }
  }

  /// Whether nothing needs to be done, so that no source must be read.
  private static func isAlready(
    _ header: BytecodeHeader, _ kind: BytecodeOptions.Header, _ options: Options
  ) -> Bool {
    switch (kind, header.validation) {
    case (.keep, _), (.clamp, .hash), (.checkedHash, .hash(_, isChecked: true)),
      (.uncheckedHash, .hash(_, isChecked: false)):
      true
    case (.clamp, .timestamp(let time, _)): options.sourceDateEpoch.map { Int64(time) <= $0 } ?? true
    default: false
    }
  }

  enum Freshness: Hashable, Sendable { case fresh, stale, unknown }

  /// Whether the file was compiled from this source, as far as the header tells.
  static func freshness(_ header: BytecodeHeader, _ source: PythonSource) -> Freshness {
    switch header.validation {
    case .hash(let hash, _): return header.version.sourceHash(source.content) == hash ? .fresh : .stale
    case .timestamp(let time, let size):
      return freshness(time, size, ofSource: Int64(source.content.count), modified: source.modified)
    }
  }

  /// The same for a header with a time, without reading the source.
  static func freshness(
    _ time: UInt32, _ size: UInt32, ofSource sourceSize: Int64, modified: Int64?
  ) -> Freshness {
    guard UInt32(truncatingIfNeeded: sourceSize) == size else { return .stale }
    guard let modified else { return .unknown }
    return UInt32(truncatingIfNeeded: modified) == time ? .fresh : .stale
  }
}
