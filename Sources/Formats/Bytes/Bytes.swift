import Platform

/// Memory that stays valid and unchanged while any `Bytes` refers to it.
package protocol ByteOwner: AnyObject, Sendable {}

/// A read-only run of bytes together with whatever keeps them alive: a mapped file, an inflated member, an
/// array. Slicing is free and never copies.
public struct Bytes: Sendable {
  private let owner: any ByteOwner
  private let start: UInt
  public let count: Int

  /// - Precondition: `base` is readable for `count` bytes for as long as `owner` lives.
  package init(owner: any ByteOwner, base: UnsafeRawPointer?, count: Int) {
    self.owner = owner
    unsafe self.start = base.map { UInt(bitPattern: $0) } ?? 0
    self.count = count
  }

  private init(owner: any ByteOwner, start: UInt, count: Int) {
    self.owner = owner
    self.start = start
    self.count = count
  }

  /// Copies an array.
  public init(_ array: [UInt8]) {
    let owner = HeapBytes(count: array.count)
    unsafe array.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe owner.base.copyMemory(from: base, byteCount: source.count) }
    }
    unsafe self.init(owner: owner, base: UnsafeRawPointer(owner.base), count: array.count)
  }

  public var isEmpty: Bool { count == 0 }

  /// The bytes, for reading in place.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span<UInt8>(_unsafeStart: typedBase, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  private var typedBase: UnsafePointer<UInt8> {
    // An empty run may have no address; a span of zero bytes still needs a non-null one.
    unsafe UnsafePointer(bitPattern: start) ?? UnsafePointer(bitPattern: 1)!
  }

  /// Calls `body` with the bytes in the form that C libraries expect. The pointer must not outlive the call unless this
  /// value does.
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: typedBase, count: count))
  }

  /// The bytes of `range`, relative to this run's start.
  /// - Precondition: the range lies inside; ranges from file content must use `slice`.
  public subscript(range: Range<Int>) -> Bytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return Bytes(owner: owner, start: start + UInt(range.lowerBound), count: range.count)
  }

  public subscript(index: Int) -> UInt8 { span[index] }

  /// The `length` bytes at `offset`, or nil if they do not all exist. Never traps.
  public func slice(at offset: UInt64, length: UInt64) -> Bytes? {
    guard offset <= UInt64(count), length <= UInt64(count) - offset else { return nil }
    return self[Int(offset)..<Int(offset + length)]
  }

  /// A copy.
  public func array() -> [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension Bytes {
  /// The parts, one after another, in new memory.
  package static func joined(_ parts: [Bytes]) -> Bytes {
    let owner = HeapBytes(count: parts.reduce(0) { $0 + $1.count })
    var position = 0
    for part in parts {
      unsafe part.withUnsafeBytes { source in
        guard source.count > 0, let base = source.baseAddress else { return }
        unsafe (owner.base + position).copyMemory(from: base, byteCount: source.count)
      }
      position += part.count
    }
    return owner.finish()
  }
}

/// Memory of a known size, freed with its last user. Its creator fills it once; then it is only read.
@safe package final class HeapBytes: ByteOwner, @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let count: Int
  private let capacity: Int

  package init(count: Int) {
    guard let memory = unsafe LargeMemory.take(count) else {
      preconditionFailure("not enough memory for \(count) bytes")
    }
    unsafe (base, capacity) = unsafe memory
    self.count = count
  }

  deinit { unsafe LargeMemory.give(base, capacity: capacity) }

  /// The filled memory as readable bytes.
  package func finish() -> Bytes { unsafe Bytes(owner: self, base: UnsafeRawPointer(base), count: count) }
}

extension Bytes: Equatable {
  public static func == (left: Bytes, right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    if left.start == right.start { return true }
    return unsafe left.withUnsafeBytes { a in
      unsafe right.withUnsafeBytes { b in unsafe memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }
    }
  }
}

extension Bytes {
  package var isZero: Bool {
    let span = span
    for index in 0..<count where span[index] != 0 { return false }
    return true
  }
}
