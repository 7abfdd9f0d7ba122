import Formats

/// New ids for split units. A compiler derives `dwo_id` from everything that a unit says, including its path. Here it
/// is derived from the same without the path, so that builds in different directories get the same id.
///
/// A new id is made only if both sides are at hand and the old one was made from a build root.
struct SplitIdentities: Sendable {
  private(set) var new: [UInt64: UInt64] = [:]
  private(set) var ambiguous: Set<UInt64> = []
  /// The files that hold each id that changes.
  private(set) var users: [UInt64: [Int]] = [:]

  /// The new ids that concern a file: none if it holds none of the old ones.
  func ids(in file: Int) -> [UInt64: UInt64] { changing.contains(file) ? new : [:] }

  private var changing: Set<Int> = []

  /// What is known about one id.
  private struct Known {
    var hasSkeleton = false
    var leaks = false
    var contents: Set<[UInt8]> = []
    var users: Set<Int> = []

    mutating func add(_ unit: SplitUnits.Unit, from file: Int) {
      leaks = leaks || unit.leaks
      users.insert(file)
    }
  }

  /// - Parameter files: the units of each file.
  init(_ files: [(index: Int, units: [SplitUnits])]) {
    var known: [UInt64: Known] = [:]
    for (index, images) in files {
      for units in images {
        for unit in units.skeletons {
          known[unit.id, default: Known()].add(unit, from: index)
          known[unit.id]?.hasSkeleton = true
        }
        for split in units.split {
          guard let unit = split.unit else { continue }
          known[unit.id, default: Known()].add(unit, from: index)
          known[unit.id]?.contents.insert(split.digest)
        }
      }
    }
    for (id, known) in known where known.leaks && known.hasSkeleton {
      if known.contents.count == 1, let content = known.contents.first {
        new[id] = content.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        users[id] = known.users.sorted()
      } else if known.contents.count > 1 {
        ambiguous.insert(id)
      }
    }
    removeCollisions(files)
    changing = Set(users.values.joined())
  }

  /// Two units of one file with the same contents would get one id, and a package could not tell them apart. Builds in
  /// two directories may get the same id: they are in different files.
  private mutating func removeCollisions(_ files: [(index: Int, units: [SplitUnits])]) {
    var taken: Set<UInt64> = []
    for (_, images) in files {
      for units in images {
        var owners: [UInt64: UInt64] = [:]
        for unit in units.skeletons + units.split.compactMap(\.unit) {
          let result = new[unit.id] ?? unit.id
          if let other = owners.updateValue(unit.id, forKey: result), other != unit.id {
            taken.formUnion([unit.id, other])
          }
        }
      }
    }
    for id in taken where new.removeValue(forKey: id) != nil {
      users[id] = nil
      ambiguous.insert(id)
    }
  }
}
