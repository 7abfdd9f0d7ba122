import Glibc

// The row 'search': roots in big files, against a loop that only reads them and against ripgrep with the
// same literals. Files are copied with roots planted at known places, so that there is something to count.
//
//     swift run -c release --package-path Benchmarks search FILE...
//     search --roots FILE... | --read FILE... | --literals      what the rows run; `search --hard` for bad cases

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  switch arguments.first {
  case "--roots": for path in arguments.dropFirst() { print(try Mapping(path).countRoots()) }
  case "--read": for path in arguments.dropFirst() { print(try readOnly(path)) }
  case "--literals": print(literals.joined(separator: "\n"))
  case "--hard": hardCases()
  case nil, "-h", "--help":
    print("usage: search FILE...")
    exit(2)
  default: try compare(files: arguments)
  }
} catch {
  print("search: \(error)")
  exit(2)
}
