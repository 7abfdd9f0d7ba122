/// The one place that knows the program's version; `--version` and the JSON document print it.
enum Version {
  static let name = "wheelscrub"
  static let text = "0.1.0"
}
