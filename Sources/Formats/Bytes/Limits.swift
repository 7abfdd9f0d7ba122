/// Bounds on what a file may claim. Real artifacts stay far below; a file that exceeds one is refused with an
/// error that names the limit.
package enum Limits {
  /// Largest inflated member of a wheel, in bytes (the largest published ones are below 2 GiB).
  package static let memberSize: UInt64 = 8 << 30
  /// Deflate cannot expand more than 1032 times; a claim beyond that is a lie (RFC 1951).
  package static let compressionRatio: UInt64 = 1032
  /// A zstd block of at least 4 bytes holds at most 128 KiB (RFC 8878 section 3.1.1.2).
  package static let zstdRatio: UInt64 = 32768
  /// xz 5.4 makes one byte of 6,870 zeros; this leaves room for encoders that do better.
  package static let xzRatio: UInt64 = 32768
  /// Memory that xz data may ask for to be inflated, in bytes: `xz -9` needs 65 MiB.
  package static let xzMemory: UInt64 = 256 << 20
  /// Random names whose remains are searched for in one wheel, tree or file; a build has a handful.
  package static let randomParts = 4096
  /// Members of one wheel.
  package static let members = 1_000_000
  /// Bytes of one generated text.
  package static let textSize: UInt64 = 64 << 20
  /// Bytes of one `pyvenv.cfg`, `direct_url.json` or the like; real ones have a few thousand.
  package static let carrierSize = 1 << 20
  /// Bytes of one RECORD.
  package static let recordSize: UInt64 = 256 << 20
  /// Largest inflated debug section, in bytes.
  package static let sectionSize: UInt64 = 8 << 30
  /// Bytes of all sections of one image together. No byte may lie in two sections (gABI, "Sections"); each is looked
  /// through, held and written by itself, so a thousand over the same megabyte would cost a gigabyte.
  package static func sections(of fileSize: Int) -> UInt64 { 1 << 20 + 2 * UInt64(fileSize) }
  /// What the compressed sections of one image may claim together, inflated, in bytes. Debug sections shrink to a fifth
  /// at best; a small file that claims gigabytes was made to fill the memory.
  package static func inflatedSections(of fileSize: Int) -> UInt64 { 128 << 20 + 8 * UInt64(fileSize) }
  /// Bytes of all members' names in one archive. Only names that several members share are read more than once.
  package static func archiveNames(of fileSize: Int) -> Int { 1 << 20 + 4 * fileSize }
  /// Bytes of abbreviation declarations that one walk over the units may read. Each table is read once, unless they
  /// overlap: a liar lets thousands of units begin at places inside of one.
  package static func abbreviations(of sectionSize: Int) -> Int { 1 << 20 + 8 * sectionSize }
  /// Slices of a universal binary; a Java class, which has the same magic, claims 45 and more.
  package static let slices = 42
  /// Alignment of a slice as a power of two: lipo(1) allows 15, and what is laid out again grows by it.
  package static let sliceAlignment: UInt32 = 20
  /// Bytes of one `.pyc`; the largest of the standard library have one million.
  package static let bytecodeSize = 64 << 20
  /// Objects in one `.pyc`.
  package static let marshalObjects = 8_000_000
  /// How deep objects may lie in each other (CPython, MAX_MARSHAL_STACK_DEPTH).
  package static let marshalDepth = 2000
  /// Bytes of one path that a stream names; the kernel takes 4,095.
  package static let pathLength = 16 << 10
  /// Bytes that a package manager may have printed: each of a million files on a line of its own, and more.
  package static let managerOutput = 1 << 30
  /// Bytes of one line of it; a path has at most 4,095.
  package static let managerLine = 16 << 10
  /// How deep payloads may lie in each other and still be looked into: a module in a zip in a section has 2.
  package static let payloadDepth = 4
  /// Bytes of decoded payloads that are held of one image: so many, and so many times its size, but no more than the total.
  package static let payloadMemory = 64 << 20
  package static let payloadRatio = 8
  package static let payloadTotal = 1 << 30
  /// Bytes that decoders read and write for one image, and how much more for each of its bytes. OpenBLAS, full of what
  /// looks like headers, needs a thousandth of it.
  package static let payloadWork = 256 << 20
  package static let payloadWorkRatio = 16
  /// Units of `Effort` that a file or wheel may cost, and how many more for each of its bytes: a debug file, whose
  /// references are walked again and again, needs ten for each.
  package static let effort = 256 << 20
  package static let effortRatio = 128
  /// Seconds that an interpreter may take to start, and to compile one module.
  package static let compileSeconds = 60
}
