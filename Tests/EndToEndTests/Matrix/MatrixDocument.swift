/// docs/matrix.md, printed from what the tests check.
enum MatrixDocument {
  static var text: String {
    """
    # Which builds become identical

    `WHEELSCRUB_UPDATE_DOCS=1 swift test --filter MatrixTests` writes this page. It builds every combination
    below, fixes it and compares the results. Do not edit the page by hand.

    Two small sources, one in C and one in C++, are compiled and linked in three directories named like pip's:
    A and B of equal length, and C, which is much longer. After `wheelscrub fix`, A, B and C have the same hash
    if no loaded byte contains a path ("loaded path: no"), and A and B have the same hash if `__FILE__` put the
    path into .rodata ("yes"). The tables list every exception.

    | axis | values |
    | --- | --- |
    | compiler | gcc, clang |
    | debug info | DWARF 4, DWARF 5 |
    | flags | \(MatrixCell.features.map(flags).joined(separator: ", ")) |
    | file | linked by \(MatrixCell.linkers.joined(separator: ", ")); object file; .dwo and .dwp of split DWARF |
    | loaded path | no, yes |

    For `zstd`, llvm-objcopy compresses the sections after linking. These cross compilers are tested with bfd and
    as object files, each with DWARF 4 and 5, plain, `zlib` and `types`:
    \(MatrixCell.crossCompilers.map { "\($0)" }.joined(separator: ", ")).

    ## Exceptions

    | compiler | debug info | flags | file | loaded path | after fix | why |
    | --- | --- | --- | --- | --- | --- | --- |
    \(MatrixException.all.map { row($0, $0.kind.rawValue) }.joined(separator: "\n"))

    ## Not built

    The tools of Debian 12 and Swift's clang cannot build these combinations.

    | compiler | debug info | flags | file | loaded path | why |
    | --- | --- | --- | --- | --- | --- |
    \(MatrixException.unbuildable.map { row($0, nil) }.joined(separator: "\n"))

    clang's `-flto` object files are bitcode, not ELF. dwp from binutils does not support DWARF 5; llvm-dwp does.

    """
  }

  private static func flags(_ feature: (key: String, value: [String])) -> String {
    feature.value.isEmpty ? feature.key : "\(feature.key) (`\(feature.value.joined(separator: " "))`)"
  }

  private static func row(_ exception: MatrixException, _ kind: String?) -> String {
    let cells = exception.pattern + [kind, exception.reason].compactMap(\.self)
    return "| " + cells.joined(separator: " | ") + " |"
  }
}
