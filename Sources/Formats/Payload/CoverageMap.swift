/// Data of LLVM's coverage and profiles in an image (`-fcoverage-mapping`, `-C instrument-coverage`): names of files
/// and functions, plain or zlib-compressed, and hashes of them elsewhere. If a name changes, `llvm-cov` no longer finds
/// the data that belongs to it.
package enum CoverageMap {
  package static let reason =
    "a hash of it stands in the coverage map or profile beside it; prevent with -fcoverage-prefix-map=<build directory>=. "
    + "or -fcoverage-compilation-dir=. (rustc: --remap-path-prefix=<build directory>=.)"

  /// `__llvm_covmap`, `__llvm_covfun`, `__llvm_prf_names` and similar sections, in ELF and in Mach-O.
  package static func isOne(_ section: String) -> Bool {
    section.hasPrefix("__llvm_cov") || section.hasPrefix("__llvm_prf")
  }
}
