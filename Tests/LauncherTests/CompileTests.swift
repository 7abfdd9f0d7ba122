import Testing

@testable import Launcher

@Suite struct CompileTests {
  private func parse(_ text: String) -> Compile.Parsed { Compile.parse(words(text)) }

  @Test(arguments: [
    ("-c x.c", ["x.c"]),
    ("-c -o x.o x.cpp", ["x.o", "x.cpp"]),
    ("-ox.o -c x.cc", ["x.o", "x.cc"]),
    ("-Iinc -I inc2 -isystem/a -isystem /b -c x.c", ["inc", "inc2", "/a", "/b", "x.c"]),
    ("-iquote q -idirafterd -include h.h -imacrosm.h -c x.c", ["q", "d", "h.h", "m.h", "x.c"]),
    ("-MD -MF x.d -MTt -MQ u -c x.c", ["x.d", "x.c"]),
    ("-Bb -L l -Ff -c x.c", ["b", "l", "f", "x.c"]),
    ("-D /x -U/y -D/z -Wl,-rpath,/r -frandom-seed=/s -c x.c", ["x.c"]),
    ("-isysroot /s --sysroot=/t -Xlinker /l -mllvm -x -c x.c", ["x.c"]),
    ("-c x.S", ["x.S"]), ("-c -x assembler-with-cpp x.asm", ["x.asm"]),
    ("-c x.c -Wp,-MD,/a/x.d", ["x.c", "/a/x.d"]), ("-Wp,-MMD,x.d -Wp,-MT,/y -Wp,-DX -c x.c", ["x.d", "x.c"]),
    ("-c x.c -Wa,--noexecstack,--fatal-warnings -fopt-info-vec -fno-save-optimization-record", ["x.c"]),
    ("-x c++ -c anything", ["anything"]), ("-xc -c -O2 -g3 -Wall -fPIC -m64 any.thing", ["any.thing"]),
  ])
  func paths(_ text: String, _ expected: [String]) throws {
    guard case .compile(let compile) = parse(text) else {
      Issue.record("left alone")
      return
    }
    #expect(compile.paths.map { String(decoding: compile.text(of: $0), as: UTF8.self) } == expected)
  }

  @Test(arguments: [
    ("x.c", Reason.noCompile), ("-c", .noInput), ("-c x.c y.c", .severalInputs), ("-c x.s", .otherLanguage),
    ("-c x.i", .otherLanguage), ("-x assembler -c x.c", .otherLanguage),
    ("-c x.c -o", .noValue), ("-c x.c -o a -ob", .severalOutputs), ("-c x.c -o -", .emptyPath),
    ("-E -c x.c", .otherJob), ("-c -", .standardInput), ("-c x.c @f", .responseFile),
    ("-include-pch p -c x.c", .unknownOption), ("-c x.c -isystem-after d", .unknownOption),
    ("-c x.c --new-option", .unknownOption), ("-c x.c -arch arm64", .unknownOption),
    ("-c x.c -Wp,-MD,x.d,-MP", .passedOn), ("-c x.c -Wp,-MD", .passedOn), ("-c x.c -Wp,-I,d", .passedOn),
    ("-c x.c -Wp,-MD,", .emptyPath), ("-c x.c -Wa,-a=l", .passedOn),
    ("-c x.c -Wa,--noexecstack,-a=l", .passedOn),
    ("-c x.c -Wa,--MD,x.d", .passedOn), ("-c x.c -gsplit-dwarf", .splitDebugInfo),
    ("-c x.c -Xclang -load", .unknownOption),
    ("-c x.c -fmodules-ts", .precompiled), ("-c x.c -fprofile-use=p", .profile),
    ("-c x.c -dM", .unknownOption),
  ])
  func left(_ text: String, _ reason: Reason) {
    guard case .leave(let found) = parse(text) else {
      Issue.record("understood")
      return
    }
    #expect(found == reason)
  }

  /// What the manuals of gcc 15 and clang 21 say writes a file of its own.
  @Test(arguments: [
    "-fopt-info-all=f", "-fopt-info-vec-missed=f", "-fopt-info=f", "-fsave-optimization-record",
    "-fsave-optimization-record=yaml", "-foptimization-record-file=f", "-fcallgraph-info",
    "-fcallgraph-info=su",
    "-fdump-tree-all", "-fdump-rtl-final=f", "-fdump-passes", "-fdump-final-insns=f", "-fdump-ada-spec",
    "-fdump-go-spec=f", "-ftime-trace", "-ftime-trace=f", "-MJ", "-MJf", "-aux-info", "-fdeps-file=f",
    "-fdeps-format=p1689r5", "-fdiagnostics-add-output=sarif", "-fdiagnostics-set-output=text",
    "-fdiagnostics-format=sarif-file", "-fdiagnostics-format=json-file", "-fproc-stat-report=f",
    "--serialize-diagnostics", "-serialize-diagnostics", "-fthin-link-bitcode=f", "-index-store-path",
    "-dependency-file", "-dumpdir", "-dumpbase",
  ])
  func sideFile(_ option: String) {
    #expect(Option.meaning(of: bytes(option)) == .stop(.extraFile))
  }

  @Test(
    arguments: [
      ("-fstack-usage", true, false), ("-specs=f", true, false), ("-fsanitize-ignorelist=f", false, false),
      ("-fsanitize-blacklist=f", false, false), ("-fxray-attr-list=f", false, false),
      ("-mllvm", false, false),
      ("-fbasic-block-sections=list=f", false, false), ("-fbasic-block-sections=all", true, true),
      ("-Xassembler", false, false), ("-fsanitize=address", true, true), ("-fopt-info", true, true),
      ("-g", true, true),
    ])
  func trusted(_ option: String, _ ccache: Bool, _ sccache: Bool) {
    #expect(SideFile.isUnknown(bytes(option), to: .ccache) == !ccache)
    #expect(SideFile.isUnknown(bytes(option), to: .sccache) == !sccache)
  }

  @Test func anEmptyArgument() {
    guard case .leave(.emptyArgument) = Compile.parse([Bytes("-c"), [], Bytes("x.c")]) else {
      Issue.record("understood")
      return
    }
  }
}

func words(_ text: String) -> [Bytes] { text.split(separator: " ").map { Array($0.utf8) } }
func bytes(_ text: String) -> Bytes { Array(text.utf8) }
func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }
