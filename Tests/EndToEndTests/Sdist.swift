import Testing

/// One of fixtures/sdists, and what its extension must still do after `fix`.
struct Sdist: Sendable, CustomTestStringConvertible {
  /// The project's name as pip spells it in its directories.
  var name: String
  /// The package to import.
  var package: String
  /// A Python expression over the package `m` that must be true.
  var check: String
  /// A function that a debugger finds, as `nm -C` begins to print it, and a line of its source.
  var function: String
  var line: String

  var testDescription: String { name }

  /// The stable directory that `fix` gives the files of a build by name.
  var stableRoot: String { "/build/\(name)" }

  static let leaking = [
    Sdist(
      name: "plainc", package: "plainc", check: "m.add(2, 3) == 5",
      function: "plain_add", line: "static PyObject *plain_add("),
    Sdist(
      name: "asserting", package: "asserting",
      check: "m.half(8) == 4 and m.where().endswith('/src/asserting.c')",
      function: "asserting_half_of", line: "assert(value % 2 == 0);"),
    Sdist(
      name: "templated", package: "templated",
      check: "m.rotate([1, 2, 3, 4, 5], 4) == 3 and m.total([1, 2]) == 3.0",
      function: "templated::rotated", line: "return ring.at(index);"),
    Sdist(
      name: "cythonish", package: "cythonish", check: "m.call(17, 5) == 88 and len(m.names()) == 300",
      function: "gen_call", line: "static PyObject *gen_call("),
    Sdist(
      name: "sealed-sha1", package: "sealed_sha1", check: "m.digest(b'wheel') == 473058556",
      function: "sealed_digest", line: "static PyObject *sealed_digest("),
    Sdist(
      name: "sealed-hex", package: "sealed_hex", check: "m.digest(b'wheel') == 473058556",
      function: "sealed_digest", line: "static PyObject *sealed_digest("),
    Sdist(
      name: "macroful", package: "macroful", check: "m.area(2, 5) == 30",
      function: "area_scaled", line: "return AREA_OF(width, height);"),
    Sdist(
      name: "dwarf-four", package: "dwarf_four", check: "m.climb(4) == 160",
      function: "steps_climb", line: "total += steps_between(floors);"),
    Sdist(
      name: "clang-built", package: "clang_built", check: "m.climb(4) == 160",
      function: "steps_climb", line: "total += steps_between(floors);"),
  ]

  static let leakless = Sdist(
    name: "leakless", package: "leakless", check: "m.answer() == 42",
    function: "leakless_answer", line: "static PyObject *leakless_answer(")
}
