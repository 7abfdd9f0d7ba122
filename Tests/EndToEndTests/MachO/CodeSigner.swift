import Testing

/// Signs a thin image as codesign(1) does, so that tests have every form of signature without a Mac. Written for
/// tests, from `cs_blobs.h`; the program under test has a sealer of its own.
struct CodeSigner: Sendable, CustomTestStringConvertible {
  struct Directory: Sendable {
    var hash: SignatureHash
    /// In bytes.
    var pageSize = 4096
  }

  var testDescription: String
  var directories: [Directory]
  /// codesign's own identifier of a file without one: its name and UUID.
  var holdsUUID = false
  var entitlements: [UInt8]?
  /// The content of the wrapper of a certificate's signature; empty for an ad hoc one.
  var certificate: [UInt8] = []
  /// Behind the SuperBlob: bytes that an earlier signature left.
  var slack: [UInt8] = []
  /// As the linker does: one CodeDirectory and nothing else.
  var isByLinker = false

  private static let allowance = Array(
    "<plist><dict><key>com.apple.security.cs.allow-jit</key><true/></dict></plist>".utf8)

  static let forms = [
    CodeSigner(
      testDescription: "linker-signed, 16K pages", directories: [Directory(hash: .sha256, pageSize: 16384)],
      isByLinker: true),
    CodeSigner(testDescription: "codesign, ad hoc", directories: [Directory(hash: .sha256)]),
    CodeSigner(
      testDescription: "codesign, SHA-1 and SHA-256",
      directories: [Directory(hash: .sha1), Directory(hash: .sha256)]),
    CodeSigner(
      testDescription: "codesign, 16K pages", directories: [Directory(hash: .sha256, pageSize: 16384)]),
    CodeSigner(
      testDescription: "codesign, cut SHA-256 and SHA-384",
      directories: [Directory(hash: .sha256Truncated), Directory(hash: .sha384)]),
    CodeSigner(
      testDescription: "codesign, identifier with the UUID", directories: [Directory(hash: .sha256)],
      holdsUUID: true),
    CodeSigner(
      testDescription: "codesign, entitlements",
      directories: [Directory(hash: .sha1), Directory(hash: .sha256)],
      entitlements: allowance),
    CodeSigner(
      testDescription: "codesign, dirty slack", directories: [Directory(hash: .sha256)],
      slack: (0..<1800).map { UInt8(truncatingIfNeeded: $0 &* 7 | 1) }),
  ]

  /// What a Developer ID leaves, but for the certificate, which is not one.
  static let certified = CodeSigner(
    testDescription: "by a certificate", directories: [Directory(hash: .sha1), Directory(hash: .sha256)],
    entitlements: allowance,
    certificate: (0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

  func identifier(of slice: MachSlice) throws -> String {
    holdsUUID ? "town-55554944" + (try slice.uuid() ?? "").lowercased() : "town.so"
  }

  /// A thin, signed file with another signature.
  func sign(_ file: MachBytes) throws -> MachBytes { try sign(MachSlice(file, at: 0..<file.count)) }

  private func sign(_ slice: MachSlice) throws -> MachBytes {
    guard let old = try slice.signatureRange(), let command = try slice.command(MachSlice.signature),
      let linkedit = try slice.segment("__LINKEDIT"), slice.is64
    else { throw MachFault(description: "only signed 64-bit images can be signed again") }
    let limit = old.lowerBound
    // Sizes first: they stand in load commands, which the first page's hash seals.
    let sizes = try blobs(of: slice.data, slice, limit: limit)
    let length = 12 + 8 * sizes.count + sizes.reduce(0) { $0 + $1.bytes.count }
    let reserved = (length + slack.count + 15) / 16 * 16
    var data = MachBytes(Array(try slice.data[0..<limit]) + [UInt8](repeating: 0, count: reserved))
    try data.set32(command.offset + 12, reserved)
    let size = limit + reserved - linkedit.fileOffset
    try data.set64(linkedit.command.offset + 48, size)
    try data.set64(linkedit.command.offset + 32, (size + 0x3fff) & ~0x3fff)

    let blobs = try blobs(of: data, slice, limit: limit)
    var offset = 12 + 8 * blobs.count
    var index = [UInt8]()
    for blob in blobs {
      index += big(blob.slot) + big(offset)
      offset += blob.bytes.count
    }
    let superBlob = big(0xfade_0cc0) + big(length) + big(blobs.count) + index + blobs.flatMap(\.bytes)
    try data.replace(at: limit, with: superBlob + slack)
    return data
  }

  private func blobs(
    of data: MachBytes, _ slice: MachSlice, limit: Int
  ) throws -> [(slot: Int, bytes: [UInt8])] {
    var others: [(slot: Int, bytes: [UInt8])] = []
    if !isByLinker {
      others.append((2, big(0xfade_0c01) + big(12) + big(0)))
      if let entitlements {
        others.append((5, big(0xfade_7171) + big(8 + entitlements.count) + entitlements))
      }
    }
    let specials = others.map(\.slot).max() ?? 0
    var all: [(slot: Int, bytes: [UInt8])] = []
    for (number, directory) in directories.enumerated() {
      let hashes = (1...max(specials, 1)).reversed().filter { $0 <= specials }.flatMap { slot in
        others.first { $0.slot == slot }.map { directory.hash($0.bytes[...]) }
          ?? [UInt8](repeating: 0, count: directory.hash.size)
      }
      let bytes = try self.directory(directory, specials: hashes, data, slice, limit: limit)
      all.append((number == 0 ? 0 : 0x1000 + number - 1, bytes))
    }
    // As codesign lays them out: the first directory, the other blobs, alternate directories, the wrapper.
    all.insert(contentsOf: others, at: 1)
    if !isByLinker {
      all.append((CodeSignature.cmsSlot, big(0xfade_0b01) + big(8 + certificate.count) + certificate))
    }
    return all
  }

  private func directory(
    _ directory: Directory, specials: [UInt8], _ data: MachBytes, _ slice: MachSlice, limit: Int
  ) throws -> [UInt8] {
    let team = certificate.isEmpty ? [] : Array("ABCDE12345".utf8) + [0]
    let name = Array(try identifier(of: slice).utf8) + [0]
    let pages = (limit + directory.pageSize - 1) / directory.pageSize
    let size = directory.hash.size
    let hashes = 88 + name.count + team.count + specials.count
    let text = try slice.segment("__TEXT")
    let flags =
      certificate.isEmpty
      ? CodeDirectory.adHoc | (isByLinker ? CodeDirectory.linkerSigned : 0) : CodeDirectory.runtime
    var bytes = big(0xfade_0c02) + big(hashes + pages * size) + big(0x20400) + big(flags)
    bytes += big(hashes) + big(88) + big(specials.count / size) + big(pages) + big(limit)
    bytes += [UInt8(size), UInt8(directory.hash.rawValue), 0, UInt8(directory.pageSize.trailingZeroBitCount)]
    bytes += big(0) + big(0) + big(team.isEmpty ? 0 : 88 + name.count) + big(0) + big(0) + big(0)
    bytes += big(0) + big(text?.fileOffset ?? 0) + big(0) + big(text?.fileSize ?? 0)
    bytes += big(0) + big(slice.fileType == 2 ? 1 : 0)
    bytes += name + team + specials
    for page in 0..<pages {
      let start = page * directory.pageSize
      bytes += directory.hash(try data[start..<min(start + directory.pageSize, limit)])
    }
    return bytes
  }

  private func big(_ value: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
