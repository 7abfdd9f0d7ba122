import Foundation
import Testing

/// Builds and questions that must go on as if there were no launcher.
@Suite(.timeLimit(.minutes(60)))
struct LeftAloneTests {
  /// Each with the same bytes as from the compiler alone, and the reason in the log.
  @Test(arguments: [
    ("-c a.s -o out", "not a source of C or C++"),
    ("-c -x assembler a.s -o out", "not a source of C or C++"), ("-c @arguments -o out", "a response file"),
    ("-x c -c - -o out < x.c", "reads standard input"), ("-g x.c y.c -shared -fPIC -o out", "no -c"),
    ("-g -c x.c y.c; cat x.o y.o > out", "several inputs"), ("-E x.c -o out", "not one compile"),
    ("-S -g x.c -o out", "not one compile"), ("-M x.c > out", "not one compile"),
    ("-print-prog-name=as > out", "an option that is not understood"),
    ("-dumpversion > out", "an option that"),
    ("-x c-header h.h -o h.gch; : > out", "not a source of C or C++"),
    ("-g -gsplit-dwarf -c x.c -o out", "writes more"),
    ("--coverage -g -c x.c -o out", "profile or coverage"),
    ("-g -ffile-prefix-map=$PWD=/x -c x.c -o out", "the prefix is mapped"),
    ("-fprofile-generate -g -c x.c -o out", "profile or coverage"),
    ("-g -c x.c -Wp,-MD,x.d,-MP -o out", "an option passed on"),
    ("-g -c x.c -fcallgraph-info -o out", "writes more"),
    ("-g -c x.c -fopt-info-all=f -o out", "writes more"),
    ("-g -c x.c -fsave-optimization-record -o out", "writes more"),
    ("-g -c -save-temps x.c -o out", "an option that is not understood"), ("-g x.o -o out", "no -c"),
  ])
  func `what is no plain compile passes through`(_ arguments: String, _ reason: String) async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      echo '#define H 1' > h.h; printf '#include "h.h"\\nint x = H;\\n' > x.c; echo 'int y;' > y.c
      echo 'int main(void) { return 0; }' > m.c; gcc -c m.c -o x.o
      printf '.globl z\\nz: ret\\n' > a.s; cp a.s a.S; echo '-g -c x.c' > arguments
      gcc \(arguments); mv out plain
      "$cc" gcc \(arguments)
      cmp plain out
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.count == 1 && log[0].hasPrefix("left alone (\(reason)"), "\(log)")
  }

  @Test
  func `nothing happens outside of random directories`() async throws {
    let directory = try Workspace.shared.scratch("stable")
    let (outcome, log) = try await script(
      "echo 'int x;' > x.c; gcc -g -c \"$PWD/x.c\" -o a.o; \"$cc\" gcc -g -c \"$PWD/x.c\" -o b.o; cmp a.o b.o",
      in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(log.first?.hasPrefix("left alone (no random directory)") == true, "\(log)")
  }

  /// A precompiled header is made by the compiler alone, and compiles that use it still find and accept it.
  @Test
  func `a precompiled header is used`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, _) = try await script(
      """
      echo '#define H 1' > h.h; printf 'int x = H;\\n' > x.c
      "$cc" gcc -g -x c-header h.h -o h.h.gch
      "$cc" gcc -g -Winvalid-pch -Werror -H -include "$PWD/h.h" -c "$PWD/x.c" -o x.o 2>&1 | tee said
      grep -q '^! .*h.h.gch' said
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }

  /// What autoconf's tests do: links, programs that are run, preprocessing, flags that must fail.
  @Test
  func `a configure script finds what it found before`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      cat > configure <<'END'
      check() { if eval "$2" >>config.log 2>&1; then echo "$1 yes"; else echo "$1 no"; fi; }
      echo 'int main(void) { return 0; }' > conftest.c
      check works '$CC -o conftest conftest.c && ./conftest'
      check suffix '$CC -c conftest.c && test -f conftest.o'
      check version '$CC --version && $CC -v && ! $CC -V && ! $CC -qversion'
      check depend '$CC -c -MT conftest.o -MD -MP -MF conftest.Tpo conftest.c && grep -q conftest.o conftest.Tpo'
      check together '$CC -c conftest.c -o sub/conftest.o; test -d sub'
      check flag '$CC -c -no-such-flag conftest.c'
      check pipe '$CC -c -pipe conftest.c'
      echo '#include <stdio.h>' > conftest.c
      check cpp '$CC -E conftest.c'
      check Werror '$CC -c -Werror conftest.c'
      echo '#include <no_such_header.h>' > conftest.c
      check header '$CC -c conftest.c'
      check preprocess '$CC -E conftest.c'
      echo 'extern int no_such_function(void); int main(void) { return no_such_function(); }' > conftest.c
      check function '$CC -o conftest conftest.c'
      END
      mkdir a b
      (cd a; CC=gcc sh ../configure) > plain
      (cd b; CC="$cc gcc" sh ../configure) > launched
      diff plain launched; cat launched
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(outcome.output.lines.filter { $0.hasSuffix(" yes") }.count == 7, "\(outcome.transcript)")
    #expect(log.count > 12, "\(log)")
  }

  @Test(
    .enabled(if: isInstalled("cmake", "ninja", "make"), "needs cmake and ninja"),
    arguments: ["Ninja", "Unix Makefiles"], ["CMAKE_C_COMPILER_LAUNCHER", "CC", "both"])
  func `CMake's probes are left alone and edited headers rebuild`(
    _ generator: String, _ way: String
  ) async throws {
    let source = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      mkdir -p sub include
      cat > CMakeLists.txt <<'END'
      cmake_minimum_required(VERSION 3.18)
      project(p C)
      include(CheckCSourceCompiles)
      include(CheckFunctionExists)
      check_c_source_compiles("int main(void) { return 0; }" COMPILES)
      check_function_exists(no_such_function THERE)
      if(THERE OR NOT COMPILES)
        message(FATAL_ERROR "wrong")
      endif()
      add_subdirectory(sub)
      END
      printf 'add_executable(prog prog.c)\\ntarget_include_directories(prog PRIVATE ${PROJECT_SOURCE_DIR}/include)' \\
        > sub/CMakeLists.txt
      printf '#include "v.h"\\n#include <stdio.h>\\nint main(void) { printf("%%d", V); return 0; }\\n' > sub/prog.c
      echo '#define V 1' > include/v.h
      case $way in
        CC) export CC="$cc gcc" ;;
        both) export CC="$cc gcc" CMAKE_C_COMPILER_LAUNCHER="$cc" ;;
        *) export CMAKE_C_COMPILER_LAUNCHER="$cc" ;;
      esac
      build=$TMPDIR/$(printf 'tmp%08d' $$); mkdir "$build"; cd "$build"
      cmake -G "$generator" -DCMAKE_BUILD_TYPE=Debug "$OLDPWD" > configured; cmake --build . > built
      "$build/sub/prog"
      cmake --build . > again; ! grep -q 'Building C' again
      sleep 1; echo '#define V 2' > "$OLDPWD/include/v.h"; cmake --build . > built
      "$build/sub/prog"
      ! grep -aqE 'pip-wheel|/tmp[0-9]' sub/CMakeFiles/prog.dir/prog.c.o
      """, in: source, environment: ["generator": generator, "way": way])
    #expect(outcome.succeeded && outcome.output == "12", "\(outcome.transcript)\n\(log)")
    #expect(log.contains { $0.hasPrefix("left alone (a probe of CMake)") }, "\(log)")
    #expect(log.filter { $0.hasPrefix("rewritten") && $0.contains("prog.c") }.count == 2, "\(log)")
  }

  @Test(.enabled(if: isInstalled("meson", "ninja"), "needs meson and ninja"))
  func `meson's checks find what they found before and edited headers rebuild`() async throws {
    let source = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      mkdir include
      cat > meson.build <<'END'
      project('p', 'c', default_options: ['buildtype=debug'])
      cc = meson.get_compiler('c')
      results = [cc.has_header('stdio.h'), cc.has_header('no_such.h'), cc.has_function('printf'),
        cc.has_argument('-Wall'), cc.has_argument('-Wno-such-thing-at-all'), cc.sizeof('int') == 4,
        cc.compiles('int x;'), cc.links('int main(void) { return 0; }')]
      foreach result : results
        message('RESULT @0@'.format(result))
      endforeach
      executable('prog', 'prog.c', include_directories: 'include')
      END
      printf '#include "v.h"\\n#include <stdio.h>\\nint main(void) { printf("%%d", V); return 0; }\\n' > prog.c
      echo '#define V 1' > include/v.h
      CC=gcc meson setup plain | grep RESULT > expected
      CC="$cc gcc" meson setup .mesonpy-ab12cd34 | grep RESULT > found
      diff expected found; [ "$(wc -l < found)" = 8 ]
      cd .mesonpy-ab12cd34; ninja > built; ./prog
      ninja | grep -q 'no work to do'
      sleep 1; echo '#define V 2' > ../include/v.h; ninja > built; ./prog
      ! grep -aqE 'pip-wheel|mesonpy-' prog.p/prog.c.o
      """, in: source)
    #expect(outcome.succeeded && outcome.output == "12", "\(outcome.transcript)\n\(log)")
    #expect(log.contains { $0.hasPrefix("left alone (no -c") }, "\(log)")
  }

  /// Rules as torch's extension builder writes them: absolute paths everywhere, and a depfile.
  @Test(.enabled(if: isInstalled("ninja"), "needs ninja"), arguments: ["deps = gcc", ""])
  func `ninja rebuilds by a depfile with absolute rules`(_ deps: String) async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      mkdir build; echo '#define V 1' > v.h; printf '#include "v.h"\\nint v = V;\\n' > x.c
      cat > build/build.ninja <<END
      rule compile
        command = $cc gcc -MMD -MF \\$out.d -g -c \\$in -o \\$out -I$PWD
        depfile = \\$out.d
        \(deps)
      build $PWD/build/x.o: compile $PWD/x.c
      END
      sum() { objdump -s -j .data build/x.o | tail -1; }
      ninja -C build > said; sum; ninja -C build > said
      sleep 1; echo '#define V 2' > v.h; ninja -C build > said; sum
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)\n\(log)")
    #expect(Set(outcome.output.lines).count == 2, "\(outcome.transcript)\n\(log)")
  }

  @Test
  func `make rebuilds by a depfile with absolute rules`() async throws {
    let directory = try RandomDirectory.make()
    let (outcome, log) = try await script(
      """
      echo '#define V 1' > v.h; printf '#include "v.h"\\nint v = V;\\n' > x.c
      printf '%s: %s\\n\\t%s gcc -MMD -MP -g -c $< -o $@\\n-include x.d\\n' "$PWD/x.o" "$PWD/x.c" "$cc" > Makefile
      sum() { objdump -s -j .data x.o | tail -1; }
      make; sum; make | grep -q 'up to date'
      sleep 1; echo '#define V 2' > v.h; make; sum
      """, in: directory)
    #expect(outcome.succeeded, "\(outcome.transcript)\n\(log)")
    #expect(outcome.output.lines.filter { $0.hasPrefix(" 0000") }.count == 2, "\(outcome.transcript)\n\(log)")
    #expect(log.count == 2, "\(outcome.transcript)\n\(log)")
  }
}
