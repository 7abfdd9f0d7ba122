import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

extension Scratch {
  /// Keys as one command line would print them.
  func keys(
    _ paths: [String], _ level: KeyLevel = .full, options: Options = Options(), kind: Keys.Kind = .auto
  ) -> [KeyReport] {
    Keys(options, level: level, kind: kind).run(paths.map { "\(path)/\($0)" })
  }

  /// The key of one path; nil, with an issue, where there is none, or a raw one.
  func key(_ path: String, _ level: KeyLevel = .full, options: Options = Options()) throws -> String {
    let report = keys([path], level, options: options)[0]
    #expect(report.errors.isEmpty && report.reasons.isEmpty, "\(report)")
    #expect(!report.isRaw)
    return try #require(report.key).description
  }

  /// `key(A) == key(fix(A))`, for all files below a directory, alone in their command line as a whole: each key that
  /// is not raw is the key of what `fix` writes, and a raw one is the hash of the bytes.
  /// - Returns: how many keys were not raw.
  @discardableResult
  func expectKeysSurviveFix(_ directory: String, options: Options = Options()) throws -> Int {
    let names = contents(of: directory).keys.sorted()
    let fixed = "\(directory)-fixed"
    try FileManager.default.copyItem(atPath: "\(path)/\(directory)", toPath: "\(path)/\(fixed)")
    let reports = fix([fixed], options: options)
    #expect(reports.allSatisfy { $0.errors.isEmpty }, "\(reports.flatMap(\.errors))")
    var normal = 0
    for level in KeyLevel.allCases {
      let known = Tree.expand(["\(path)/\(directory)"]).files.map(\.relativePath)
      let before = keys(known.map { "\(directory)/\($0)" }, level, options: options)
      for (name, report) in zip(known, before) {
        #expect(report.errors.isEmpty, "\(report.errors)")
        switch report.key {
        case .raw(let digest)?:
          #expect(
            digest == Digest.of(Bytes(read("\(directory)/\(name)")), .sha256) && !report.reasons.isEmpty)
        case .normal?:
          normal += 1
          // What is named after its build-id may have another name now.
          guard FileManager.default.fileExists(atPath: "\(path)/\(fixed)/\(name)") else { continue }
          let after = keys([fixed + "/" + name], level, options: options)[0]
          #expect(after.key == report.key && after.level == report.level, "\(name), \(level)")
        case nil: Issue.record("no key of \(name)")
        }
      }
      let trees = keys([directory, fixed], level, options: options)
      #expect(trees.allSatisfy { $0.errors.isEmpty }, "\(trees)")
      if !trees[0].isRaw { #expect(trees[0].key == trees[1].key, "\(names)") }
    }
    return normal
  }
}
