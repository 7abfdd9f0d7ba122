import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Where instructions begin, as far as it tells what refers to a path.
@Suite struct X86BoundariesTests {
  /// objdump is asked where instructions end: of what compilers write, and of forms that are rare.
  @Test(arguments: [
    "gcc -O2 -c a.c", "gcc -O3 -march=skylake-avx512 -c a.c", "clang -O3 -march=haswell -c a.c", "gcc -c a.s",
  ])
  func instructionsEndWhereTheyEnd(words: String) throws {
    let scratch = Scratch()
    _ = scratch.file(
      "a.c",
      Array(
        """
        #include <stdio.h>
        #include <string.h>
        extern double table[4096]; extern int number; extern const char *names[];
        double sum(int count) { double s = 0; for (int i = 0; i < count; i++) s += table[i] * table[i]; return s; }
        void scale(float *to, const float *from, int n) { for (int i = 0; i < n; i++) to[i] = from[i] * 2.5f + 1; }
        long mix(long a, long b) { number ^= a; return a * 1234567 + b / 77 + (a << 3) + (b & 0x7ffffff0); }
        void bytes(unsigned char *p, int n) { for (int i = 0; i < n; i++) p[i] = p[i] * 3 + 17; }
        const char *name(int kind) {
          switch (kind) { case 0: return "a"; case 1: return names[2]; case 5: return "c"; case 9: return "d"; }
          return strchr(names[kind], '/') ? "yes" : "no";
        }
        _Complex double square(_Complex double z) { return z * z; }
        int print(__int128 n, long double x) { return printf("%Lf %d %d", x * 3, (int)(n / 3), number--); }
        """.utf8))
    _ = scratch.file(
      "a.s",
      Array(
        """
        .intel_syntax noprefix
        movabs rax, 0x1122334455667788
        movabs al, ds:[0x1122334455667788]
        mov ax, 0x1234
        add ax, 0x1234
        test word ptr [rip+0x10], 0x1234
        test byte ptr [rsp+rax*4+0x1000], 3
        not dword ptr [r12]
        imul eax, dword ptr [rip+0x20], 0x12345678
        imul ax, [rbp+4], 0x1234
        mov dword ptr [rip+0x20], 0x12345678
        mov word ptr [rip+0x20], 0x1234
        mov qword ptr [rbx*8+0x20], 0x1234
        enter 16, 1
        lock cmpxchg16b [rdi]
        lock xadd [rip+0x30], eax
        rep movsq
        shld [rip+0x10], eax, 3
        bt dword ptr [rip+0x10], 3
        pshufd xmm1, [rip+0x10], 0x1b
        pshufb xmm1, [rip+0x10]
        palignr xmm1, [rip+0x10], 3
        cmpps xmm1, [rip+0x10], 2
        vpalignr ymm1, ymm2, [rip+0x10], 3
        vpshufb ymm1, ymm2, [rip+0x10]
        vzeroupper
        vaddpd zmm1, zmm2, [rip+0x10]
        vaddpd zmm1{k1}{z}, zmm2, [rax+0x40]
        vpternlogd zmm1, zmm2, [rip+0x10], 0x55
        vcmppd k1, zmm2, [rip+0x10], 2
        vpshufd ymm1, [rip+0x10], 3
        vpsrld xmm1, xmm2, 5
        crc32 eax, dword ptr [rip+0x10]
        fld tbyte ptr [rip+0x10]
        fstp qword ptr [rsp]
        nop word ptr [rax+rax+0x100]
        endbr64
        xchg ax, ax
        bswap r9
        loop .
        jrcxz .
        push 0x12345678
        pushw 0x1234
        lea eax, [eip+0x10]
        call [rip+0x10]
        notrack jmp rax
        ud2
        ret 8
        """.utf8))
    let command = words.split(separator: " ").map(String.init)
    try Compiler.run(command[0], command.dropFirst() + ["-o", "a.o"], in: scratch.url)
    try Compiler.run("ld", ["-r", "a.o", "-o", "b.o"], in: scratch.url)
    let image = try ElfImage(Bytes(scratch.read("b.o")))
    let section = try #require(image.sections.first { $0.name == ".text" })
    let code = image.bytes[try #require(section.fileRange)].span
    let listing = try Compiler.run(
      "objdump", ["-d", "-w", "--no-show-raw-insn", "-j", ".text", "b.o"], in: scratch.url)
    let starts = listing.matches(of: #/(?m)^ *([0-9a-f]+):\t/#).compactMap { Int($0.1, radix: 16) }
    #expect(starts.count > 40)
    for (start, end) in zip(starts, starts.dropFirst() + [code.count]) {
      #expect(X86Instruction(code, at: start)?.end == end, "at \(String(start, radix: 16))")
    }
  }

  /// Bytes that are no instruction, and code that ends within one.
  @Test func theRestIsNotKnown() {
    for bytes: [UInt8] in [
      [], [0x48], [0x0f], [0xe8, 1, 2, 3], [0x8b], [0x06], [0x0f, 0x04], [0xc5, 0xf8], [0x62, 0xf1, 0xfd],
      [0x48, 0x66, 0x90], [0x81, 0x05, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0x66, count: 16) + [0x90],
      [0x66, 0xe8, 0, 0, 0, 0], [0xff, 0xff], [0xd6],
    ] {
      #expect(X86Instruction(Bytes(bytes).span, at: 0) == nil, "\(bytes)")
    }
  }

  enum Surroundings: String, CaseIterable, Sendable {
    case plain, jump, data, noFunctions, dataBefore, unknown
  }

  /// `add eax, 4711` behind a byte that is an opcode elsewhere: refused only where it could be an operand.
  @Test(arguments: Surroundings.allCases)
  func numbersThatLookLikeOperands(_ surroundings: Surroundings) throws {
    let scratch = Scratch()
    let filler = String(repeating: "  lea 1(%rdi,%rsi,2), %edi\n  imul $77, %rdi, %rsi\n", count: 8)
    // 0B is `or`, 05 `add eax` or a ModRM byte.
    let number = ".byte 0x0b, 0x05\n.long path + 10 - . - 4\n"
    let body =
      switch surroundings {
      case .plain, .noFunctions: "\(filler) .byte 0x83, 0xe0\n\(number)"
      case .jump: "\(filler) je 1f\n .byte 0x83, 0xe0\n1: \(number)"
      case .data: "\(filler) jmp *%rdi\n.byte 0x48, 0xb8\n\(number)"
      case .dataBefore: "\(filler) jmp 1f\n.byte 0x48, 0xb8\n1: \(number)"
      case .unknown: "\(filler) .byte 0x83, 0xe0\n\(number) hlt\n"
      }
    _ = scratch.file(
      "a.s",
      Array(
        """
          .section .rodata
        path: .asciz "\(SharedBytesTests.root)"
          .text
        \(surroundings == .noFunctions ? "" : ".cfi_startproc")
          lea path(%rip), %rax
          mov $1, %esi
        \(body)
        \(filler)
          ret
        \(surroundings == .noFunctions ? "" : ".cfi_endproc")
          .section .note.GNU-stack
        """.utf8))
    try Compiler.run(
      "gcc", ["-shared", "-nostdlib", "a.s", "-Wl,--eh-frame-hdr", "-o", "a.so"], in: scratch.url)
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.so")), fix: true)
    #expect(outcome.findings.map(\.isFixable) == [surroundings == .plain], "\(outcome.findings)")
  }

  /// What objdump sees in published modules is never excluded: `WHEELSCRUB_CORPUS=DIRECTORY` names the wheels.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["WHEELSCRUB_CORPUS"] != nil))
  func noReferenceIsLost() throws {
    let directory = try #require(ProcessInfo.processInfo.environment["WHEELSCRUB_CORPUS"])
    var (modules, references) = (0, 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    where name.hasSuffix(".whl") && modules < 60 {
      let scratch = Scratch()
      try scratch.run("unzip", "-q", "-o", "\(directory)/\(name)", "-x", "*.py", "-d", ".")
      var ofThisWheel = 0
      for file in Tree.expand([scratch.path]).files.map(\.path).sorted() where ofThisWheel < 2 {
        guard let content = FileManager.default.contents(atPath: file), content.count <= 1_500_000,
          content.count >= 50_000, ElfImage.hasMagic(Bytes(Array(content.prefix(4))))
        else { continue }
        let image = try ElfImage(Bytes(Array(content)))
        guard image.instructions == .x64 else { continue }
        (modules, ofThisWheel) = (modules + 1, ofThisWheel + 1)
        let functions = image.references(to: []).functions
        var boundaries = X86Boundaries(functions, size: 1 << 40)
        let stretches = image.loadedStretches(code: true)
        for line in try Compiler.run("python3", [judge("code_references.py"), file], in: scratch.url).split(
          separator: "\n")
        {
          let address = try #require(UInt64(line, radix: 16))
          guard let stretch = stretches.first(where: { $0.address <= address && address < $0.end }) else {
            continue
          }
          references += 1
          let isLost = boundaries.excludes(
            Int(address - stretch.address), stretch.bytes.span, at: stretch.address)
          #expect(!isLost, "\(name): \(file.split(separator: "/").last ?? "") at 0x\(line)")
        }
      }
    }
    print("\(modules) modules, \(references) references")
    #expect(references > 0)
  }
}
