/// A setting that is not an argument and is wrong: an environment variable. One line, no usage text, because
/// the command line was fine.
struct SettingError: Error, Hashable {
  var message: String
}
