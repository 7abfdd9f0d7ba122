/// What does not become one, or cannot be built, with its reason: the table that docs/matrix.md shows.
struct MatrixException: Sendable {
  enum Kind: String, Sendable {
    /// Builds in directories of one length differ, always.
    case differs = "differs"
    /// An order that follows a hash: sometimes two builds agree by chance.
    case differsByChance = "differs, now and then agrees by chance"
    /// Builds in directories of one length become one, a longer directory leaves its length.
    case longer = "one for directories of one length, another for a longer one"
  }

  /// Words that a combination must have; each is one value or several separated by `|`, empty for any.
  var compiler = ""
  var version = ""
  var feature = ""
  var product = ""
  var loaded: Bool?
  var kind = Kind.differs
  var reason: String

  func matches(_ combination: MatrixCombination) -> Bool {
    func fits(_ words: String, _ value: String) -> Bool {
      words.isEmpty || words.split(separator: "|").contains { $0 == value }
    }
    return fits(compiler, combination.cell.compiler) && fits(version, "\(combination.cell.version)")
      && fits(feature, combination.cell.feature) && fits(product, combination.product)
      && (loaded ?? combination.isLoaded) == combination.isLoaded
  }

  private static let riscv = "riscv64-linux-gnu-gcc"

  static let all: [MatrixException] = [
    MatrixException(
      compiler: "gcc", feature: "lto", product: "bfd|gold|mold",
      reason:
        "gcc's link-time optimizer puts a hash of the path into a symbol name (`town.c.34c9a3df`); "
        + "`-ffile-prefix-map` prevents it"),
    MatrixException(
      compiler: "gcc", feature: "lto", product: "object",
      reason:
        "compressed LTO streams contain paths, and section names are random even in one directory; "
        + "`-ffile-prefix-map` and `-frandom-seed=<name>` remove these, but gcc also stores its options"),
    MatrixException(
      product: "lld|mold", loaded: true, kind: .differsByChance,
      reason:
        "the linker orders merged strings of .rodata by their hash, and code refers to them; "
        + "`-ffile-prefix-map` prevents it"),
    MatrixException(
      compiler: riscv, product: "object", kind: .differsByChance,
      reason:
        "edited in place, because relocations compute even lengths on this machine; tables keep their hash "
        + "order and their size"),
  ]

  static func covering(_ combination: MatrixCombination) -> [MatrixException] {
    all.filter { $0.matches(combination) }
  }

  /// What the tools of Debian 12 refuse to build.
  static let unbuildable: [MatrixException] = [
    MatrixException(compiler: "clang", feature: "zlib-gnu", reason: "clang dropped the old .zdebug sections"),
    MatrixException(
      compiler: "gcc", feature: "zlib-gnu", product: "lld|mold", reason: "the linker cannot write .zdebug"),
    MatrixException(
      compiler: "gcc", feature: "lto", product: "lld",
      reason: "lld does not support gcc's LTO and links none of the code"),
    MatrixException(
      compiler: "clang", feature: "lto", product: "bfd|gold|mold",
      reason: "needs LLVMgold.so, which Swift's clang does not include"),
  ]

  /// The row's pattern as the documentation shows it.
  var pattern: [String] {
    [compiler, version.isEmpty ? "" : "DWARF " + version, feature, product].map {
      $0.isEmpty ? "any" : $0.replacing("|", with: ", ")
    } + [loaded.map { $0 ? "yes" : "no" } ?? "any"]
  }
}
