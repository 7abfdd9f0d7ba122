import ArgumentParser
import Formats
import ScrubKit

/// How much a command may hold in memory, for every command that reads files.
struct MemoryOptions: ParsableArguments {
  @Option(
    name: .customLong("memory-limit"),
    help: ArgumentHelp(
      "How much memory files may need, such as 2G; what needs more gets an error."
        + " (default: \(Memory.allowance >> 20)M and for each job twice the largest file)",
      valueName: "size"))
  var limit: ByteCount?
}

/// A number of bytes, with K, M or G for powers of 1,024.
struct ByteCount: ExpressibleByArgument, Hashable {
  var bytes: Int

  init?(argument: String) {
    var digits = argument[...]
    var shift = 0
    if let unit = ["K", "M", "G"].firstIndex(where: { argument.uppercased().hasSuffix($0) }) {
      digits = digits.dropLast()
      shift = 10 * (unit + 1)
    }
    guard let number = Int(digits), digits.first != "+", number > 0, number <= Int.max >> shift else {
      return nil
    }
    bytes = number << shift
  }
}
