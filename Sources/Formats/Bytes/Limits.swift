/// Bounds on what a file may claim. Real artifacts stay far below them; a file that exceeds one is refused with an
/// error that names the limit.
package enum Limits {
  /// Largest inflated member of a wheel, in bytes (the largest published ones are below 2 GiB).
  package static let memberSize: UInt64 = 8 << 30
  /// Deflate cannot expand by more than a factor of 1032; a larger claim is false (RFC 1951).
  package static let compressionRatio: UInt64 = 1032
  /// A zstd block of at least 4 bytes holds at most 128 KiB (RFC 8878 section 3.1.1.2).
  package static let zstdRatio: UInt64 = 32768
  /// xz 5.4 makes one byte of 6,870 zeros; this leaves room for encoders that do better.
  package static let xzRatio: UInt64 = 32768
  /// Memory that decoding xz data may require, in bytes: `xz -9` needs 65 MiB.
  package static let xzMemory: UInt64 = 256 << 20
  /// Random names whose remains are searched for in one wheel, tree or file; a build has few.
  package static let randomParts = 4096
  /// Members of one wheel.
  package static let members = 1_000_000
  /// Bytes of one generated text.
  package static let textSize: UInt64 = 64 << 20
  /// Bytes of one `pyvenv.cfg`, `direct_url.json` or similar; real ones have a few thousand.
  package static let treeFileSize = 1 << 20
  /// Bytes of one RECORD.
  package static let recordSize: UInt64 = 256 << 20
  /// Largest inflated debug section, in bytes.
  package static let sectionSize: UInt64 = 8 << 30
  /// Total size of all sections of one image. No byte may lie in two sections (gABI, "Sections"); each section is
  /// searched, held and written separately, so a thousand that share one megabyte would cost a gigabyte.
  package static func sections(of fileSize: Int) -> UInt64 { 1 << 20 + 2 * UInt64(fileSize) }
  /// Total inflated size that the compressed sections of one image may claim, in bytes. Debug sections shrink to a
  /// fifth at best; a small file that claims gigabytes was made to fill the memory.
  package static func inflatedSections(of fileSize: Int) -> UInt64 { 128 << 20 + 8 * UInt64(fileSize) }
  /// Bytes of all members' names in one archive. Only names that several members share are read more than once.
  package static func archiveNames(of fileSize: Int) -> Int { 1 << 20 + 4 * fileSize }
  /// Bytes of abbreviation declarations that one walk over the units may read. Each table is read once, unless they
  /// overlap: a malicious file can let thousands of units begin inside one table.
  package static func abbreviations(of sectionSize: Int) -> Int { 1 << 20 + 8 * sectionSize }
  /// Slices of a universal binary; a Java class, which has the same magic, claims 45 and more.
  package static let slices = 42
  /// Alignment of a slice as a power of two: lipo(1) allows 15, and a new layout grows with it.
  package static let sliceAlignment: UInt32 = 20
  /// Bytes of one `.pyc`; the largest of the standard library have one million.
  package static let bytecodeSize = 64 << 20
  /// Objects in one `.pyc`.
  package static let marshalObjects = 8_000_000
  /// How deeply objects may be nested (CPython, MAX_MARSHAL_STACK_DEPTH).
  package static let marshalDepth = 2000
  /// Bytes of one path read from a stream; the kernel accepts 4,095.
  package static let pathLength = 16 << 10
  /// Bytes of a package manager's output: enough for a million files with a line each, and more.
  package static let managerOutput = 1 << 30
  /// Bytes of one such line; a path has at most 4,095.
  package static let managerLine = 16 << 10
  /// How deeply payloads may be nested and still be opened: a module in a zip in a section has 2.
  package static let payloadDepth = 4
  /// Bytes of decoded payloads held for one image: this many, plus this many times its size, but no more than the
  /// total.
  package static let payloadMemory = 64 << 20
  package static let payloadRatio = 8
  package static let payloadTotal = 1 << 30
  /// Bytes that decoders read and write for one image, and how many more for each of its bytes. OpenBLAS, which is full
  /// of bytes that look like headers, needs a thousandth of it.
  package static let payloadWork = 256 << 20
  package static let payloadWorkRatio = 16
  /// Units of `Effort` that a file or wheel may cost, and how many more for each of its bytes: a debug file, whose
  /// references are walked repeatedly, needs ten for each.
  package static let effort = 256 << 20
  package static let effortRatio = 128
  /// Seconds that an interpreter may take to start, and to compile one module.
  package static let compileSeconds = 60
}
