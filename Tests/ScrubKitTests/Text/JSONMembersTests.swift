import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct JSONMembersTests {
  private func members(_ text: String) throws(ScrubError) -> [String] {
    let bytes = Bytes(Array(text.utf8))
    var shown: [String] = []
    for member in try JSONMembers(bytes).members {
      let value = String(decoding: bytes[member.value].array(), as: UTF8.self)
      shown.append("\(String(decoding: member.key, as: UTF8.self)) \(value)")
    }
    return shown
  }

  @Test func `members and their values`() throws {
    #expect(try members("{}") == [])
    #expect(try members(" { \"a\" : 1 , \"b\":\"x\\\"y\" }\n") == ["a 1", "b \"x\\\"y\""])
    #expect(
      try members("{\"a\":{\"b\":[1,[],{},{\"c\":null}]},\"d\":true,\"e\":-1.5e3}")
        == ["a {\"b\":[1,[],{},{\"c\":null}]}", "d true", "e -1.5e3"])
  }

  @Test(arguments: [
    "", "{", "[]", "\"x\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":[1,]}", "{\"a\":[1}",
    "{\"a\":{1:2}}", "{\"a\":tru}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":\"\\", "{a:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":infinity}", "{\"a\":0x10}", "{\"a\":--1}", "{\"a\":\0}",
  ])
  func `what is no JSON object`(_ text: String) {
    #expect(errorText { () throws(ScrubError) in _ = try members(text) } != nil)
  }

  /// As deep as the file is long, and cut at each byte: an error, never a trap.
  @Test func `hostile documents`() {
    let deep = "{\"a\":" + String(repeating: "[", count: 1 << 20)
    #expect(errorText { () throws(ScrubError) in _ = try members(deep) }?.contains("64 deep") == true)
    let text = Array("{\"url\":\"file:///tmp/x\",\"dir_info\":{\"editable\":[true,{\"a\":1}]}}".utf8)
    for end in 0..<text.count {
      #expect(throws: ScrubError.self) { _ = try JSONMembers(Bytes(Array(text[..<end]))) }
    }
    var generator = Seeded(state: 7)
    for _ in 0..<2000 {
      var changed = text
      for _ in 0..<3 {
        changed[Int.random(in: 0..<text.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      // What we take for JSON, Foundation does too.
      if (try? JSONMembers(Bytes(changed))) != nil {
        #expect(
          (try? JSONSerialization.jsonObject(with: Data(changed))) != nil
            || changed.contains(UInt8(ascii: "\\")),
          "\(String(decoding: changed, as: UTF8.self))")
      }
    }
  }
}
