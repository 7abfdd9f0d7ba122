import Foundation
import Testing

/// The program as a build system starts it: what reaches the compiler, and what comes back.
@Suite(.timeLimit(.minutes(60)))
struct LauncherRunTests {
  @Test
  func `five thousand command lines keep to the rules`() async throws {
    let outcome = try await Tools.run(
      Tools.python,
      [
        Workspace.repository + "/Tests/Judges/fuzz_launcher.py", launcher,
        try Workspace.shared.scratch("fuzz"), "5000", "20250101",
      ], limit: 500)
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }

  /// Neither the object nor what it is called for holds the random directory; debuggers still find the line.
  @Test(arguments: ["gcc", "clang"], ["src/x.c", "$PWD/src/x.c"])
  func `an object says nothing of its directory`(_ compiler: String, _ source: String) async throws {
    var hashes: Set<String> = []
    for _ in 0..<3 {
      let directory = try RandomDirectory.make()
      let (outcome, log) = try await script(
        """
        mkdir src build; printf 'const char *f(void) { return __FILE__; }\\n' > src/x.c
        "$cc" \(compiler) -g3 -O0 -c \(source) -o "$PWD/build/x.o" -I"$PWD/include"
        ! grep -aqE 'pip-wheel|[0-9a-f]{32}' build/x.o
        readelf --debug-dump=decodedline build/x.o | grep -q 'x\\.c'
        sha256sum < build/x.o
        """, in: directory)
      #expect(outcome.succeeded, "\(outcome.transcript)")
      #expect(log.count == 1 && log[0].hasPrefix("rewritten"), "\(log)")
      hashes.insert(outcome.output)
    }
    #expect(hashes.count == 1)
  }

  @Test
  func `a link that is called like a compiler is one`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      eval "$("$cc" --install "$PWD/links")"
      eval "$("$cc" --install links)"
      for name in gcc g++ cc c++; do [ -L "links/$name" ]; done
      ls links | grep -q -e -linux-gnu-gcc
      echo 'int main(void) { return 0; }' > x.c
      gcc -g -c x.c -o x.o; "links/g++" -x c -g -c x.c -o y.o; cc x.o -o x; ./x
      cmp x.o <(cd /; cat "$OLDPWD/x.o")
      ! grep -aq pip-wheel x.o
      # Ourselves behind ourselves, by every name.
      "$cc" "$cc" links/gcc -g -c x.c -o z.o; cmp x.o z.o
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.filter { $0.hasPrefix("rewritten") }.count == 3, "\(log)")
  }

  @Test(.enabled(if: isInstalled("ccache")))
  func `a directory of links before that of ccache starts each once`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      export CCACHE_DIR="$PWD/storage"
      mkdir masquerade; ln -s "$(command -v ccache)" masquerade/gcc; PATH="$PWD/masquerade:$PATH"
      eval "$("$cc" --install "$PWD/links")"
      echo 'int x;' > x.c
      gcc -g -c x.c -o x.o
      gcc -g -c x.c -o x.o
      "$cc" ccache gcc -g -c x.c -o x.o
      ccache --print-stats | grep -P 'cache_hit\\t'
      """, in: directory)
    #expect(
      outcome.succeeded && outcome.output.contains("preprocessed_cache_hit\t2"), "\(outcome.transcript)")
    #expect(log.count == 3 && log.allSatisfy { $0.hasPrefix("rewritten") }, "\(log)")
  }

  @Test
  func `launchers that a build system puts twice are started once`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      "echo 'int x;' > x.c; \"$cc\" -- \"$cc\" gcc -c x.c; wheelscrub=\(Workspace.wheelscrub)\n"
        + "\"$cc\" \"$wheelscrub\" cc gcc -c x.c; \"$wheelscrub\" cc gcc -c x.c",
      in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.count == 3 && log.allSatisfy { $0.contains(": gcc -c x.c -ffile") }, "\(log)")
  }

  @Test
  func `the switch is heeded`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      "echo 'int x;' > x.c; WHEELSCRUB_CC=0 \"$cc\" gcc -g -c x.c; grep -aq pip-wheel x.o", in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.first?.hasPrefix("left alone (switched off)") == true, "\(log)")
  }

  @Test
  func `how the compiler ends is how the launcher ends`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, _) = try await script(
      """
      status() { set +e; "$@" >out 2>err; echo $?; set -e; }
      printf '#!/bin/sh\\nkill -SEGV $$\\n' > gcc; chmod +x gcc
      printf 'exit 7\\n' > clang; chmod +x clang
      echo 'not a program' > cc; : > denied
      status "$cc" ./gcc -c x.c
      status "$cc" ./clang -c x.c
      status "$cc" no-such-gcc -c x.c; cat err
      status "$cc" ./no-such-gcc -c x.c
      status "$cc" ./denied -c x.c; cat err
      status "$cc" gcc -c missing.c
      status "$cc"
      """, in: directory)
    #expect(
      outcome.output.lines == [
        "139", "7", "127", "wheelscrub-cc: no-such-gcc: command not found", "127", "126",
        "wheelscrub-cc: ./denied: Permission denied", "1", "2",
      ], "\(outcome.transcript)")
  }

  @Test
  func `names with spaces and bytes that are not UTF-8 stay what they are`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      name=$(printf 'a b\\377\\n'"'"'"'); mkdir "$name" "$name/in clude"
      echo '#define X 1' > "$name/in clude/h.h"
      printf '#include "h.h"\\nint x = X;\\n' > "$name/x y.c"
      cd "$name"
      "$cc" gcc -g -c "$PWD/x y.c" -o "$PWD/x y.o" -I"$PWD/in clude" -isystem "$PWD/in clude" -MD -MF "$PWD/x.d"
      ! grep -aq pip-wheel "x y.o"; [ -s x.d ]
      cd ..; "$cc" gcc -g -c "$PWD/$name/x y.c" -o "$PWD/z.o" -I "$PWD/$name/in clude"
      ! grep -aq pip-wheel z.o
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.count == 2 && log.allSatisfy { $0.hasPrefix("rewritten") && $0.contains("\\377") }, "\(log)")
  }

  @Test
  func `where no link can be made the path stays`() async throws {
    let directory = try RandomDirectory.make()
    let other = try RandomDirectory.make("headers")
    let (outcome, log) = try await script(
      """
      echo '#define X 1' > "$other/h.h"; printf '#include <h.h>\\nint x = X;\\n' > x.c
      mkdir taken; : > taken/.wheelscrub
      "$cc" gcc -c x.c -o taken/x.o -I"$other"
      mkdir closed; : > closed/x.o; chmod 666 closed/x.o; chmod 755 . ; chmod 555 closed
      if [ "$(id -u)" = 0 ]; then
        chmod 755 "$(dirname "$PWD")" "$other" "$(dirname "$other")"
        setpriv --reuid=65534 --clear-groups env -u WHEELSCRUB_CC_LOG "$cc" gcc -c x.c -o closed/x.o -I"$other"
      else
        "$cc" gcc -c x.c -o closed/x.o -I"$other"
      fi
      [ -s closed/x.o ]; [ ! -e closed/.wheelscrub ]
      # The names that are taken by something else are passed over.
      mkdir -p build/.wheelscrub; ln -s /nowhere build/.wheelscrub/headers
      "$cc" gcc -c x.c -o build/x.o -I"$other"
      [ "$(readlink build/.wheelscrub/headers-2)" = "$other" ]
      """, in: directory, environment: ["other": other])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.first?.contains("-I" + other) == true, "\(log)")
    #expect(log.last?.contains("-Ibuild/.wheelscrub/headers-2") == true, "\(log)")
  }
}
