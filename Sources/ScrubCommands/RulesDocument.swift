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

  static func explain(_ rule: Rule) -> String { RuleStory.lines(rule).joined(separator: "\n") }

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
      "A selector is a prefix of a code (`BP1`), a code, a name or `ALL`. If several match a rule, the longest one decides.",
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

  static func standing(_ rule: Rule) -> String {
    rule.isDefault ? "selected by default" : "not selected by default"
  }

  private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  private static let introduction = [
    "BP1": """
    The search covers every byte of an image. `fix` maps these directories to `/build/<name>`, or to the directory given
    by `--prefix`.

    BP199 reports fragments of their names. For every random name found in a wheel, a tree or a file, everything that
    belongs to it is searched for 8-byte fragments of that name: images with their compressed sections, bytecode, texts
    and all other members, and names in the zip, as bytes and as UTF-16. In loaded bytes the fragments are 6 bytes long.
    A name with fewer than 8 random bytes (`.tmpXXXXXX`), or one that could be a word, counts together with what
    precedes it in its path component. A number counts only as a whole component. If loaded bytes contain such a
    fragment, `fix` leaves the paths with that name in loaded bytes unchanged: a program may build one path from two
    constants, and only half of it would be rewritten.
    """,
    "BP2": """
    These paths are not random, so they are not selected by default. `fix --select BP1,BP2` scrubs them too. A home
    directory becomes the prefix (`x.c` in a home directory is `/build/x.c`). A checkout or a cache becomes the prefix
    and its name (`x.c` in GitHub's checkout of cbor is `/build/cbor/x.c`). A path shorter than the prefix becomes `.`
    (`x.c` in `/root` is `./x.c`), in debug info only. These patterns match only at the beginning of a path: a directory
    `home` below `/srv` does not contain home directories.

    A program may read host paths in loaded bytes at run time: the configuration of OpenSSL (`OPENSSLDIR`),
    `sys.prefix`, plug-in directories. `fix` redirects such a path to a place where only root can create it, never to
    one that other users can create: an absolute path stays absolute. If no absolute path fits, as for `/root` and
    `/io`, the path stays and is reported; give it a replacement with `--map /io=/x`. The same applies to `--map OLD=.`:
    it rewrites debug info and symbol names, but nothing that a program or a build tool reads. Review `fix --diff`
    first.
    """,
    "BP3": """
    Not selected by default. A loaded string may be a path that the program opens, such as the certificates of
    Homebrew's OpenSSL. Review `fix --diff` before you let it rewrite them. As for BP2, absolute paths stay absolute.
    """,
    "BP4": """
    `fix` leaves these in ELF files, and `LC_RPATH` in Mach-O files, and exits with 1. `fix --fix-rpath` removes run
    paths; they are never rewritten. Names of libraries in Mach-O files become stable ([macho.md](macho.md)).
    """,
    "BP5": """
    Covers software bills of materials below `*.dist-info/sboms`, `__config__.py`, `_sysconfigdata*.py`,
    `_sysconfig_vars*.json`, and `.pc`, `.cmake` and `.la` files, in wheels, in trees and as single files. Both random
    directories and host paths count in them. `fix` rewrites the text, so its length may change. Other text is not
    searched: docstrings, changelogs and METADATA quote such paths without leaking anything. Percent-encoded paths are
    not found.
    """,
    "PY1": """
    Covers `.pyc` files in trees, which are compared with the source next to them, and in wheels, where they are
    compared with the source member. In a wheel only sizes and hashes count, because its times are not those of the
    compiled sources. `fix` leaves these findings: with a new header Python would run code that does not match the
    source. `fix` does remove bytes after the code object (PY105), unless they contain a zip, which Python could run.
    """,
    "PY2": """
    Covers trees, not wheels. A path counts if it begins with the virtual environment or the `site-packages` directory
    that the file belongs to, or if it contains a build directory with a random name. In `direct_url.json`, in `.pth`
    files and in modules that these import, a path in a temporary directory, a home directory or a checkout counts as
    well. `#!/usr/bin/python3` is not a finding. `fix --relocate OLD=NEW` rewrites paths below OLD; without it they are
    left. If a source is rewritten, its bytecode is removed, together with its row in RECORD. The loader of an editable
    installation is left if its build directory contains the old location (meson-python, and scikit-build-core with a
    rebuild at each import); this is reported whatever is selected.

    In bytecode (PY207) a name counts if it is an absolute path of the file's own source below `site-packages`. `fix`
    makes it relative, without any option. Names below `/usr` are the same on every machine and stay. So do names below
    `/opt`, `/srv`, `/app`, `/snap`, `/nix/store`, `/gnu/store`, `/Library`, `/System`, `/Applications` and the stable
    prefix, unless the tree is itself below that directory.
    """,
    "RC1": """
    RECORD's entry for each file is compared with the file. `fix` leaves wrong entries alone unless a selector names
    these rules (`--select RC`, `--extend-select RC1`; not `ALL`): a wrong hash may be the only trace of a file that
    somebody changed. `wheelscrub record update` also rewrites them. [record.md](record.md) shows how installers treat
    such RECORDs.
    """,
    "ZP1": """
    `check` continues with what can be read. `fix` writes no data descriptors and no comments, so it removes both. It
    refuses a wheel with any of the other defects except symbolic links.
    """,
  ]
}
