internal import CBzip2
internal import CDeflate
internal import CDwarf
internal import CLz4
internal import CLzma
internal import CNettle
internal import CZlib
internal import CZstd
import Formats

/// The libraries loaded in this process, with the versions they report. libelf does not report one.
public enum LibraryVersions {
  public static var all: [(name: String, version: String)] {
    [
      ("libbz2", unsafe text(BZ2_bzlibVersion())),
      ("libdeflate", LIBDEFLATE_VERSION_STRING),
      ("libdwarf", unsafe text(dwarf_package_version())),
      ("liblz4", unsafe text(LZ4_versionString())),
      ("liblzma", unsafe text(lzma_version_string())),
      ("libnettle", "\(nettle_version_major()).\(nettle_version_minor())"),
      ("libz", unsafe text(zlibVersion())),
      ("libzstd", unsafe text(ZSTD_versionString())),
    ]
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    unsafe pointer.map { unsafe String(cString: $0) } ?? "unknown"
  }
}
