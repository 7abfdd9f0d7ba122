import BuildRoots

/// The JSON schema of the configuration, for editors: generated from the table of keys, so it cannot disagree with it.
/// `schemas/wheelscrub.schema.json` is this document; a test compares them.
enum ConfigurationSchema {
  static var document: JSONValue {
    .object([
      ("$schema", .string("http://json-schema.org/draft-07/schema#")),
      ("title", .string("wheelscrub.toml, or [tool.wheelscrub] of pyproject.toml")),
      ("type", .string("object")),
      ("additionalProperties", .bool(false)),
      ("properties", .object(ConfigurationKey.all.map { ($0.name, property($0)) })),
      ("definitions", .object([("selector", selector)])),
    ])
  }

  private static func property(_ key: ConfigurationKey) -> JSONValue {
    .object([("description", .string(key.summary))] + type(of: key))
  }

  private static func type(of key: ConfigurationKey) -> [(String, JSONValue)] {
    let isAboutRules = ["select", "extend-select", "ignore", "per-file-ignores"].contains(key.name)
    let element: JSONValue =
      isAboutRules
      ? .object([("$ref", .string("#/definitions/selector"))]) : .object([("type", .string("string"))])
    let list: [(String, JSONValue)] = [("type", .string("array")), ("items", element)]
    return switch key.kind {
    case .string: [("type", .string("string"))]
    case .flag: [("type", .string("boolean"))]
    case .count: [("type", .string("integer")), ("minimum", .count(1))]
    case .size: [("type", .string("string")), ("pattern", .string("^[0-9]+[KMGkmg]?$"))]
    case .choice(let words): [("enum", .array(words.map { .string($0) }))]
    case .strings: list
    case .table(ofLists: true): [("type", .string("object")), ("additionalProperties", .object(list))]
    case .table(ofLists: false): [("type", .string("object")), ("additionalProperties", element)]
    }
  }

  /// There are many code prefixes; the pattern describes their form, and completion offers families and names.
  private static var selector: JSONValue {
    .object([
      (
        "anyOf",
        .array([
          .object([
            ("enum", .array((["ALL"] + Family.all.map(\.code) + Rule.all.map(\.slug)).map { .string($0) }))
          ]),
          .object([("type", .string("string")), ("pattern", .string("^(BP?|PY?|RC?|ZP?)[0-9]{0,3}$"))]),
        ])
      )
    ])
  }
}
