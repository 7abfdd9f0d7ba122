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
    ("-c x.S", .otherLanguage), ("-c x.i", .otherLanguage), ("-x assembler -c x.c", .otherLanguage),
    ("-c x.c -o", .noValue), ("-c x.c -o a -ob", .severalOutputs), ("-c x.c -o -", .emptyPath),
    ("-E -c x.c", .otherJob), ("-c -", .standardInput), ("-c x.c @f", .responseFile),
    ("-include-pch p -c x.c", .unknownOption), ("-c x.c -isystem-after d", .unknownOption),
    ("-c x.c --new-option", .unknownOption), ("-c x.c -arch arm64", .unknownOption),
    ("-c x.c -Wp,-MD,x.d", .passedOn), ("-c x.c -Xclang -load", .unknownOption),
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
