import Foundation
import Testing

/// What is not to be changed, and what goes wrong. Scripts stand in for rustc and sccache.
@Suite(.timeLimit(.minutes(10)))
struct RustLeftAloneTests {
  /// Runs a script in a random directory, with the launcher as `$w`, a place for links as `$place` and stand-ins for rustc
  /// and sccache in PATH that tell what they get.
  private func script(_ text: String, at directory: String? = nil) async throws -> (
    outcome: Outcome, log: [String]
  ) {
    let top = try Workspace.shared.scratch("standins")
    for (name, body) in [
      ("rustc", "echo \"rustc $*\""), ("clippy-driver", "echo \"clippy $*\""),
      (
        "sccache", "echo \"sccache in $PWD\"; [ -z \"${hook-}\" ] || eval \"$hook\"; shift; exec rustc \"$@\""
      ),
    ] {
      try "#!/bin/bash\n\(body)\n".write(toFile: "\(top)/\(name)", atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(top)/\(name)")
    }
    let log = top + "/log"
    let outcome = try await Tools.run(
      "/bin/bash", ["-uc", Self.helpers + text], in: directory ?? RandomDirectory.make(),
      environment: [
        "w": rustLauncher, "WHEELSCRUB_RUSTC_LOG": log, "PATH": "\(top):/usr/bin:/bin",
        "place": top + "/place",
        "WHEELSCRUB_RUSTC_PLACE": top + "/place", "WHEELSCRUB_RUSTC_CACHE": "sccache", "standins": top,
      ])
    return (outcome, (try? String(contentsOfFile: log, encoding: .ascii))?.lines ?? [])
  }

  private static let helpers = """
    lib=(--crate-name x x.rs --crate-type lib --emit=link --out-dir "$PWD/out")
    mkdir -p out; : > x.rs

    """

  @Test
  func `questions, other programs and other directories pass`() async throws {
    let (outcome, log) = try await script(
      """
      "$w" rustc -vV; "$w" rustc - --crate-name ___ --print=file-names; "$w" rustc @more; "$w" clippy-driver rustc "${lib[@]}"
      "$w" sccache rustc -vV; "$w" rustc --crate-name x $'\\377.rs' --unheard-of
      cd /; "$w" rustc --crate-name x /x.rs; WHEELSCRUB_RUSTC_CACHE= "$w" rustc --crate-name x /x.rs
      cd "$OLDPWD"; WHEELSCRUB_RUSTC=0 WHEELSCRUB_RUSTC_CACHE= "$w" rustc "${lib[@]}" | grep -c remap
      """)
    let lines = outcome.output.lines
    #expect(lines.prefix(3) == ["rustc -vV", "rustc - --crate-name ___ --print=file-names", "rustc @more"])
    #expect(lines[3].hasPrefix("clippy rustc --crate-name x x.rs") && !lines[3].contains("remap"))
    #expect(
      Array(lines[6...]).suffix(4) == [
        "sccache in /", "rustc --crate-name x /x.rs", "rustc --crate-name x /x.rs", "0",
      ])
    #expect(log.count == 9 && log.allSatisfy { $0.hasPrefix("left alone (") }, "\(log)")
    #expect(outcome.errors.isEmpty)
  }

  @Test
  func `how the compiler ends is how the launcher ends`() async throws {
    let (outcome, _) = try await script(
      """
      export WHEELSCRUB_RUSTC_CACHE=
      status() { "$@" >told 2>err; echo $?; }
      mkdir bin; printf '#!/bin/sh\\nkill -SEGV $$\\n' > bin/rustc; chmod +x bin/rustc
      status "$w" bin/rustc "${lib[@]}"
      printf '#!/bin/sh\\nexit 101\\n' > bin/rustc; status "$w" bin/rustc "${lib[@]}"
      chmod -x bin/rustc; status "$w" bin/rustc "${lib[@]}"; cat err
      PATH= status "$w" rustc "${lib[@]}"; PATH=/usr/bin:/bin cat err
      status "$w" ./no-such/rustc -vV; status "$w" no-such-program; cat err
      status "$w"; status "$w" --help
      """)
    #expect(
      outcome.output.lines == [
        "139", "101", "126", "wheelscrub-rustc: bin/rustc: Permission denied", "127",
        "wheelscrub-rustc: rustc: command not found", "127", "127",
        "wheelscrub-rustc: no-such-program: command not found", "2", "0",
      ], "\(outcome.transcript)")
  }

  @Test
  func `where there is no place for links the crate is only mapped`() async throws {
    let (outcome, log) = try await script(
      """
      : > "$place"; "$w" rustc "${lib[@]}"; rm "$place"
      mkdir -m 777 "$place"; "$w" rustc "${lib[@]}"; rmdir "$place"
      mkdir "$place"; : > "$place/pkg"; "$w" rustc "${lib[@]}"; rm "$place/pkg"
      ln -s /tmp "$place/l"; WHEELSCRUB_RUSTC_PLACE=$place/l "$w" rustc "${lib[@]}"
      WHEELSCRUB_RUSTC_PLACE=$PWD/here "$w" rustc "${lib[@]}"
      WHEELSCRUB_RUSTC_PLACE=/proc/self/nothing "$w" rustc "${lib[@]}"
      WHEELSCRUB_RUSTC_CACHE=none "$w" rustc "${lib[@]}"
      [ ! -e here ]
      """)
    #expect(outcome.succeeded && outcome.errors.isEmpty, "\(outcome.transcript)")
    #expect(
      outcome.output.lines.count == 7
        && outcome.output.lines.allSatisfy { $0.hasPrefix("rustc --crate-name x") })
    let reasons = log.compactMap { $0.split(separator: ":").prefix(2).last.map(String.init) }
    #expect(
      reasons == [" no safe place for links)", " no safe place for links)", " the place is another build's)"]
        + Array(repeating: " no safe place for links)", count: 3) + [" the cache is not found)"], "\(log)")
  }

  /// The compile is killed with its cache's server at work: nobody else gets the link before that must be over.
  @Test
  func `a killed build's link is not another's`() async throws {
    let other = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      hook='echo $$ > "$standins/pid"; exec sleep 60' "$w" rustc "${lib[@]}" > /dev/null & own=$!
      until [ -s "$standins/pid" ]; do sleep 0.05; done
      (cd \(other); mkdir out; : > x.rs; "$w" rustc --crate-name x x.rs --crate-type lib --emit=link --out-dir "$PWD/out")
      kill -KILL $own; wait $own 2>/dev/null
      # Its child was told to end.
      for i in $(seq 200); do kill -0 "$(cat "$standins/pid")" 2>/dev/null || break; sleep 0.05; done
      kill -0 "$(cat "$standins/pid")" 2>/dev/null && echo "still there"
      [ "$(readlink "$place/pkg/1/root")" = "$PWD" ] && echo kept
      (cd \(other); "$w" rustc --crate-name x x.rs --crate-type lib --emit=link --out-dir "$PWD/out") | head -n 1
      "$w" rustc "${lib[@]}" | head -n 1
      """)
    let lines = outcome.output.lines
    #expect(lines.count == 4 && lines[0].hasPrefix("rustc ") && lines[1] == "kept", "\(outcome.transcript)")
    #expect(lines.count == 4 && lines[2].hasSuffix("/pkg/2/cwd/%") && lines[3].hasSuffix("/pkg/1/cwd/%"))
    #expect(log.filter { $0.hasPrefix("shared") }.count == 3, "\(log)")
    #expect(
      log.filter { $0.hasPrefix("mapped (no cache: the place is another build's)") }.count == 1, "\(log)")
  }

  @Test
  func `a root that vanishes, and what else fails with the cache, is compiled without`() async throws {
    let (outcome, log) = try await script(
      """
      hook='echo noise >&2; exit 1' "$w" rustc "${lib[@]}" > told; tail -n 1 told
      hook='kill -SEGV $$' "$w" rustc "${lib[@]}" > told; tail -n 1 told
      hook='rm -rf '"$PWD"'; exit 2' "$w" rustc "${lib[@]}" > "$standins/told"; echo $?; tail -n 1 "$standins/told"
      "$w" rustc --crate-name x /x.rs; echo $?
      """)
    let lines = outcome.output.lines
    #expect(lines.count == 6 && lines[2] == "0" && lines[5] == "0", "\(outcome.transcript)")
    #expect(
      [0, 1, 3].allSatisfy {
        lines[$0].hasPrefix("rustc --crate-name x x.rs") && lines[$0].contains("=/build/pkg")
      })
    #expect(log.filter { $0.hasPrefix("mapped (no cache: it failed with the cache)") }.count == 3, "\(log)")
    #expect(!outcome.errors.contains("noise"), "\(outcome.transcript)")
  }
}
