import BuildRoots

/// The rule table as people and programs read it. `docs/rules.md` is `wheelscrub rules --output-format markdown`.
enum RulesDocument {
  static func list(_ rules: [Rule]) -> String {
    var lines: [String] = []
    for family in Family.all {
      let own = rules.filter { $0.family == family }
      if own.isEmpty { continue }
      lines.append("\(lines.isEmpty ? "" : "\n")\(family.code)xx  \(family.title)")
      for rule in own {
        let name = rule.slug + String(repeating: " ", count: max(1, 24 - rule.slug.utf8.count))
        lines.append("  \(rule.code)  \(name)\(rule.isDefault ? "*" : " ") \(rule.origin)")
      }
    }
    return lines.joined(separator: "\n") + "\n\n* selected by default"
  }

  static func explain(_ rule: Rule) -> String {
    var lines = [
      "\(rule.code) \(rule.slug) (\(rule.severity.rawValue), \(standing(rule)))", "",
      "  \(rule.origin): \(rule.cause)", "  cure: \(rule.cure)",
    ]
    lines += rule.shapes.map { "  looks like \($0)" }
    return (lines + ["  \(rule.link)", "  \(rule.documentation)"]).joined(separator: "\n")
  }

  static func json(_ rules: [Rule]) -> JSONValue {
    .object([
      ("version", .count(JSONReport.version)),
      (
        "rules",
        .array(
          rules.map { rule in
            .object([
              ("code", .string(rule.code)), ("name", .string(rule.slug)),
              ("family", .string(rule.family.code)),
              ("severity", .string(rule.severity.rawValue)), ("default", .bool(rule.isDefault)),
              ("origin", .string(rule.origin)), ("cause", .string(rule.cause)), ("help", .string(rule.cure)),
              ("shapes", .array(rule.shapes.map { .string($0) })), ("link", .string(rule.link)),
              ("documentation", .string(rule.documentation)),
            ])
          })
      ),
    ])
  }

  static func markdown(_ rules: [Rule]) -> String {
    var lines = [
      "# Rules", "",
      "<!-- Written by `wheelscrub rules --output-format markdown`; a test compares. -->", "",
      "A selector is the beginning of a code (`BP1`), a code, a name or `ALL`; of two that fit, the longer one decides.",
    ]
    for family in Family.all {
      let own = rules.filter { $0.family == family }
      if own.isEmpty { continue }
      lines += ["", "## \(family.code)xx: \(family.title)"]
      if let text = introduction[family.code] { lines += ["", text] }
      for rule in own {
        // An anchor of its own: headings are spelled differently by those who show them.
        lines += [
          "", "<a id=\"\(rule.code.lowercased())\"></a>", "### \(rule.code) \(rule.slug)", "",
          "\(sentence(rule.origin)). Severity \(rule.severity.rawValue), \(standing(rule)).", "",
          "- Cause: \(rule.cause)", "- Cure: \(rule.cure)",
        ]
        if !rule.shapes.isEmpty {
          lines.append("- Looks like: " + rule.shapes.map { "`\($0)`" }.joined(separator: ", "))
        }
        lines.append("- See <\(rule.link)>")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func standing(_ rule: Rule) -> String {
    rule.isDefault ? "selected by default" : "not selected by default"
  }

  private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  private static let introduction = [
    "BP1": """
    Searched for in every byte of an image. `fix` maps them to `/build/<name>`, or to what `--prefix` says.

    BP199 is about what is left of them. From every random name that was found in a wheel, a tree or a file, all pieces
    of 8 bytes are searched for in everything else that belongs to it: images with their compressed sections, bytecode,
    texts and all other members, names in the zip, as bytes and as UTF-16; in loaded bytes pieces of 6. A name with less
    than 8 random bytes (`.tmpXXXXXX`), or that could be a word, counts with what stands before it in its component, and
    a number only as a whole component. A piece in loaded bytes keeps the paths with that name in loaded bytes as they
    are: one path that is built from two constants would become half another.
    """,
    "BP2": """
    Not random, so not selected by default. `fix --select BP1,BP2` scrubs them too: a home directory becomes the
    prefix (`x.c` in a home is `/build/x.c`), a checkout or a cache the prefix and its name (`x.c` in GitHub's checkout of
    cbor is `/build/cbor/x.c`), and what is shorter than the prefix `.` (`x.c` in `/root` is `./x.c`), in debug info
    alone. A path counts where it begins so: a directory `home` below `/srv` has no home directories.

    Host paths in loaded bytes may be read at run time: the configuration of OpenSSL (`OPENSSLDIR`), `sys.prefix`,
    directories of plug-ins. `fix` makes such a path lead elsewhere, to where only root can create it, but never to
    where anybody can: an absolute path stays absolute. Where none fits, as in place of `/root` and `/io`, the path
    stays as a finding; `--map /io=/x` gives it one. The same goes for `--map OLD=.`: it rewrites debug info and names
    of symbols, and nothing that a program or a build tool reads. Look at `fix --diff` first.
    """,
    "BP3": """
    Not selected by default. Strings that are loaded may be paths that the program opens, such as certificates of
    Homebrew's OpenSSL: look at `fix --diff` before you let it rewrite them. As for BP2, absolute ones stay absolute.
    """,
    "BP4": """
    `fix` leaves these and exits with 1; `fix --fix-rpath` takes run paths out. They are never rewritten.
    """,
    "BP5": """
    Bills of materials below `*.dist-info/sboms`, `__config__.py`, `_sysconfigdata*.py`, `_sysconfig_vars*.json`,
    `.pc`, `.cmake` and `.la` files, in wheels, trees and alone. In them random directories and paths of the host both count, and
    `fix` writes the text anew, so its length may change. No other text is looked at: docstrings, changelogs and
    METADATA quote such paths and are no leak. Paths that are percent-encoded are not found.
    """,
    "PY1": """
    Of `.pyc` files in trees, compared with the source beside them, and in wheels, compared with the member. In a wheel
    only sizes and hashes count, because its times are not those that were compiled. `fix` leaves them: a new header
    would make Python run what the source does not say. Bytes behind the code object (PY105) it takes away, unless they
    hold a zip, which Python could run.
    """,
    "PY2": """
    Of trees, not of wheels. A path counts where it begins with the virtual environment or the `site-packages` that the
    file is part of, or holds a build directory with a random name; in `direct_url.json` a path in a directory for
    temporary files, a home or a checkout counts as well, and so it does in `.pth` files and in modules that these
    import. `#!/usr/bin/python3` is no finding. `fix --relocate OLD=NEW` writes paths below OLD anew; without it
    they are left. Bytecode of a source that is written anew is removed, with its row in RECORD. A loader of an editable
    installation whose build directory names the old place (meson-python; scikit-build-core that builds at each import)
    is left, and said whatever is selected.

    In bytecode (PY207) a name counts that is an absolute path of the file's own source below `site-packages`. `fix`
    makes it relative without any option. Names below `/usr`, and below `/opt`, `/srv`, `/app`, `/snap`, `/nix/store`,
    `/gnu/store`, `/Library`, `/System`, `/Applications` and the stable prefix where the tree is not there itself, are
    the same on every machine and stay.
    """,
    "RC1": """
    What RECORD says about each file is compared with the file. `fix` leaves RECORD's claims alone unless a selector
    names these rules (`--select RC`, `--extend-select RC1`; not `ALL`): a hash that does not fit may be the only
    trace of a file that somebody changed. `wheelscrub record update` writes RECORD anew, too. What installers make of
    such RECORDs: [record.md](record.md).
    """,
    "ZP1": """
    `check` goes on with what can be read. `fix` writes no data descriptors and no comments, so it removes those two;
    it refuses a wheel with any of the others but symbolic links.
    """,
  ]
}
