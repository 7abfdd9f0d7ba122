import CPosix

/// What the source says that its preprocessed text or its arguments do not tell.
@safe struct SourceText: ~Copyable {
  private let start: UnsafePointer<UInt8>
  private let count: Int

  /// Nil for a file that is empty or cannot be read: the compiler will say so.
  init?(_ path: Bytes) {
    var count = 0
    guard let start = unsafe posix_map(path.withNul, &count) else { return nil }
    unsafe self.start = start
    self.count = count
  }

  deinit { unsafe posix_unmap(start, count) }

  func contains(_ text: Bytes) -> Bool { unsafe posix_contains(start, count, text, text.count) }

  func contains(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { unsafe posix_contains(start, count, $0.baseAddress, $0.count) }
  }

  /// Whether the assembler may read files that are in no cache's key: `.incbin`, also by the macros that usually wrap it,
  /// and `.include`. Only the source itself is looked into, not its headers.
  var namesOtherFiles: Bool {
    contains("incbin") || contains("INCBIN") || contains(".include ") || contains(".include\t")
  }
}
