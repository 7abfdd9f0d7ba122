internal import BuildRoots
import Formats

extension FileKind {
  /// Every kind that has its own magic; a file is of the first kind that matches.
  static let all: [FileKind] = [
    elf, bytecode, zip, machO, universal, archive, relocationMap, portableExecutable, webAssembly,
    rpm, gzip, bzip2, xz, zstd, tar, alpine,
  ]

  /// What no row matches: text, and everything else.
  static let other = FileKind("another file", begins: { _ in false })

  static let elf = FileKind(
    "an ELF image", begins: { $0.magic == 0x7f45_4c46 },
    scrub: { part, fix throws(ScrubError) in
      try ImageScrub(options: part.options, companions: part.companions).run(ElfImage.self, part, fix: fix)
    },
    residue: { $0.image(ElfImage.self, $1) },
    key: { keys, bytes throws(ScrubError) in try keys.elf(ElfImage(bytes)) },
    compare: { one, other, roots throws(ScrubError) in try ImagePair(one, other, roots: roots).compare() },
    prove: { proof, one, other throws(ScrubError) in try proof.compareELF(one, other) },
    facts: { (try? ElfImage($0))?.linkFacts })

  /// An image for one architecture (<mach-o/loader.h>): MH_MAGIC and MH_MAGIC_64 in both byte orders.
  static let machO = FileKind(
    "a Mach-O image",
    begins: { head in
      switch head.magic {
      case 0xfeed_face, 0xfeed_facf, 0xcefa_edfe, 0xcffa_edfe: true
      default: false
      }
    },
    scrub: { part, fix throws(ScrubError) in
      try ImageScrub(options: part.options, companions: part.companions).run(MachOImage.self, part, fix: fix)
    },
    residue: { $0.image(MachOImage.self, $1) },
    key: { keys, bytes throws(ScrubError) in try keys.machO(MachOImage(bytes)) },
    compare: { one, other, roots throws(ScrubError) in try MachOPair(one, other, roots: roots).compare() },
    prove: { proof, one, other throws(ScrubError) in try proof.compareMachO(one, other) },
    facts: { (try? MachOImage($0))?.linkFacts })

  /// Several Mach-O files for one architecture each (<mach-o/fat.h>): FAT_MAGIC and FAT_MAGIC_64 are big-endian. A Java
  /// class begins in the same way, but its version follows, 45 or higher: no universal binary has as many slices.
  static let universal = FileKind(
    "a universal binary",
    begins: { head in
      (head.magic == 0xcafe_babe || head.magic == 0xcafe_babf)
        && (1...UInt64(Limits.slices)).contains(head.word & 0xffff_ffff)
    },
    scrub: { part, fix throws(ScrubError) in
      try UniversalScrub(options: part.options).run(part, fix: fix)
    },
    residue: { $0.universal($1) },
    key: { keys, bytes throws(ScrubError) in try keys.universal(UniversalBinary(bytes)) },
    compare: { one, other, roots throws(ScrubError) in
      try UniversalPair(one: one, other: other, roots: roots).compare()
    },
    prove: { proof, one, other throws(ScrubError) in try proof.compareUniversal(one, other) },
    facts: { bytes in
      (try? UniversalBinary(bytes)).map { binary in
        LinkFacts(
          joining: binary.slices.compactMap { try? MachOImage(bytes[$0.range]).linkFacts }, size: bytes.count)
      }
    })

  /// A static library, `!<arch>\n`; also thin ones (`!<thin>\n`), which `StaticArchive` refuses with a reason.
  static let archive = FileKind(
    "a static archive",
    begins: { $0.word == 0x213c_6172_6368_3e0a || $0.word == 0x213c_7468_696e_3e0a },
    scrub: { part, fix throws(ScrubError) in
      try ArchiveScrub(options: part.options, companions: part.companions).run(part.bytes, fix: fix)
    },
    residue: { $0.archive($1) },
    key: { keys, bytes throws(ScrubError) in
      try ArchiveKey(archive: StaticArchive(bytes), contents: keys).key()
    },
    compare: { one, other, roots throws(ScrubError) in try ArchivePair(one, other, roots: roots).compare() },
    prove: { proof, one, other throws(ScrubError) in try proof.compareArchives(one, other) })

  /// The relocation map that dsymutil keeps, `Resources/Relocations/<architecture>/<name>.yml` in a dSYM bundle: `---`
  /// and `triple:`, as LLVM writes it.
  static let relocationMap = FileKind(
    "a relocation map", begins: { $0.word == 0x2d2d_2d0a_7472_6970 },
    scrub: { part, fix throws(ScrubError) in
      try TextScrub(.relocationMap, part.options).run(part.bytes, fix: fix)
    },
    prove: { $0.compareText($1, $2) })

  /// Compiled Python of any version; `BytecodeHeader` says which versions are understood. A number, then CR and LF.
  /// Python 3 counts from 3000, Python 2 from 50823: no text begins like this.
  static let bytecode = FileKind(
    "compiled Python",
    begins: { head in
      let number = UInt16(truncatingIfNeeded: head.magic >> 16).byteSwapped
      return head.magic & 0xffff == 0x0d0a
        && ((3000..<4000).contains(number) || (50823..<63000).contains(number))
    },
    scrub: { part, fix throws(ScrubError) in
      try BytecodeScrub(options: part.options, surroundings: part.surroundings).run(part.bytes, fix: fix)
    },
    residue: { $0.bytecode($1) },
    key: { keys, bytes throws(ScrubError) in try keys.bytecode(BytecodeImage(bytes)) },
    compare: { BytecodePair($0, $1, roots: $2).compare() },
    prove: { proof, one, other throws(ScrubError) in try proof.compareBytecode(one, other) })

  /// An RPM lead ("RPM Package File Structure"): its contents are compressed and are not unpacked here.
  static let rpm = FileKind(
    "an RPM package", begins: { $0.magic == 0xedab_eedb },
    scrub: { _, _ throws(ScrubError) in
      throw ScrubError(
        "is an RPM package, which is not opened: unpack it with rpm2cpio FILE | cpio -id, and give the directory"
      )
    })

  /// A wheel or another zip: a local header, or the end record of an archive without members (APPNOTE 4.3.7, 4.3.16).
  /// `WheelScrub` has its own way for one that is a file of its own; in another container it is only searched.
  static let zip = package("a wheel", begins: { $0.magic == 0x504b_0304 || $0.magic == 0x504b_0506 })
}

extension FileKind {
  /// An image of a format that is rewritten.
  var isImage: Bool { self == .elf || self == .machO }

  var isMachO: Bool { self == .machO || self == .universal }
}

extension ImageScrub {
  fileprivate func run<I: Image>(_ format: I.Type, _ part: Part, fix: Bool) throws(ScrubError) -> Outcome {
    do throws(PartFailure) { return try run(format, [part], fix: fix)[0] } catch { throw error.error }
  }
}
