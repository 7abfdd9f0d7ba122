/// docs/matrix.md, printed from what the tests check.
enum MatrixDocument {
  static var text: String {
    """
    # What becomes one

    Written by `WHEELSCRUB_UPDATE_DOCS=1 swift test --filter MatrixTests`, which builds every combination below,
    fixes it and compares: do not edit.

    Two small sources, one of C and one of C++, are compiled and linked in three directories named as pip's: A and B
    of one length, C much longer. After `wheelscrub fix` A, B and C have one hash where no loaded byte holds a path
    ("loaded path: no"), and A and B have one where `__FILE__` put it into .rodata ("yes"). The tables name every
    exception; all other combinations have none.

    | axis | values |
    | --- | --- |
    | compiler | gcc, clang |
    | debug info | DWARF 4, DWARF 5 |
    | flags | \(MatrixCell.features.map(flags).joined(separator: ", ")) |
    | file | linked by \(MatrixCell.linkers.joined(separator: ", ")); object file; .dwo and .dwp of split DWARF |
    | loaded path | no, yes |

    `zstd` is compressed by llvm-objcopy behind the linker. For other machines, with bfd and as object files,
    each with DWARF 4 and 5, plain, `zlib` and `types`:
    \(MatrixCell.crossCompilers.map { "\($0)" }.joined(separator: ", ")).

    ## Exceptions

    | compiler | debug info | flags | file | loaded path | after fix | why |
    | --- | --- | --- | --- | --- | --- | --- |
    \(MatrixException.all.map { row($0, $0.kind.rawValue) }.joined(separator: "\n"))

    ## Not built

    What the tools of Debian 12 and Swift's clang cannot make.

    | compiler | debug info | flags | file | loaded path | why |
    | --- | --- | --- | --- | --- | --- |
    \(MatrixException.unbuildable.map { row($0, nil) }.joined(separator: "\n"))

    clang's `-flto` object files are bitcode, which is no ELF. binutils' dwp does not know DWARF 5; llvm-dwp does.

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
