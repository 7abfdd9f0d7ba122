"""Two trees that differ in what a compile would have found, not in what it read, never get each other's object.

usage: hidden_inputs.py LAUNCHER CACHE DIRECTORY

As in false_hits.py each object says which tree it is of. Each pair is built twice, each time in new directories, so that
the cache has both when they are built again.
"""

import os
import pathlib
import random
import string
import subprocess
import sys

launcher, cache, top = sys.argv[1:]
chance = random.Random(2)
SOURCE = '#include "n.h"\nint value(void) { return N; }\n'
HAS = '#if __has_include("opt.h")\n#include "opt.h"\n#else\n#define N 1\n#endif\nint value(void) { return N; }\n'


def define(number):
    return f"#define N {number}\n"


class Kind:
    """What both trees hold, what only one of them holds, and how they are compiled. A value `-> x` is a link to x."""

    def __init__(self, name, flags, both, old=None, new=None, compilers=("gcc", "clang"), source="src/value.c"):
        self.name, self.flags, self.both, self.compilers, self.source = name, flags, both, compilers, source
        self.only = {1: old or {}, 2: new or {}}


ORDER = ["-Ifirst", "-Isecond"]
DATA = "static const char data[] = {\n#embed \"data.bin\"\n};\nint value(void) { return data[0] - '0'; }\n"
INCBIN = 'asm(".section .rodata\\nd: .incbin \\"src/data.bin\\"\\n.text");\nextern const char d[] asm("d");\n' \
         "int value(void) { return d[0] - '0'; }\n"
INCLUDE = 'asm(".include \\"src/number.s\\"");\nextern const int number;\nint value(void) { return number; }\n'
NUMBER = ".section .rodata\n.globl number\nnumber: .long {}\n.text\n"
FRAME = "#include <Own/Own.h>\nint value(void) { return N; }\n"
KINDS = [
    Kind("a header before another", ORDER, {"src/value.c": SOURCE, "second/n.h": define(1)}, new={"first/n.h": define(2)}),
    Kind("asked for by __has_include", ORDER, {"src/value.c": HAS}, new={"second/opt.h": define(2)}),
    Kind("removed", ORDER, {"src/value.c": SOURCE, "second/n.h": define(2)}, old={"first/n.h": define(1)}),
    Kind("beside the source", ORDER, {"src/value.c": SOURCE, "first/n.h": define(1)}, new={"src/n.h": define(2)}),
    Kind("a link", ORDER, {"src/value.c": SOURCE, "a/n.h": define(1), "b/n.h": define(2)},
         {"first/n.h": "-> ../a/n.h"}, {"first/n.h": "-> ../b/n.h"}),
    Kind("a directory that is a link", ORDER, {"src/value.c": SOURCE, "a/n.h": define(1), "b/n.h": define(2)},
         {"first": "-> a"}, {"first": "-> b"}),
    Kind("changed case", ORDER, {"src/value.c": HAS}, {"first/Opt.h": define(2)}, {"first/opt.h": define(2)}),
    Kind("-include", [*ORDER, "-include", "n.h"], {"src/value.c": "int value(void) { return N; }\n",
                                                   "second/n.h": define(1)}, new={"n.h": define(2)}),
    Kind("-iquote", ["-iquote", "first", "-isystem", "second"], {"src/value.c": SOURCE, "second/n.h": define(1)},
         new={"first/n.h": define(2)}),
    Kind("-idirafter", ["-Ifirst", "-idirafter", "late"], {"src/value.c": SOURCE, "late/n.h": define(1)},
         new={"first/n.h": define(2)}),
    Kind("generated", ["-Ibuild/made", "-Isecond"], {"src/value.c": SOURCE, "second/n.h": define(1)},
         new={"build/made/n.h": define(2)}),
    Kind("generated, same size and time", ["-Ibuild/made"], {"src/value.c": SOURCE}, {"build/made/n.h": define(1)},
         {"build/made/n.h": define(2)}),
    Kind("a response file", ["@words"], {"src/value.c": SOURCE, "first/n.h": define(1), "second/n.h": define(2)},
         {"words": "-Ifirst"}, {"words": "-Isecond"}),
    Kind("a response file and a header", ["@words"], {"src/value.c": SOURCE, "second/n.h": define(1),
                                                      "words": "-Ifirst -Isecond"}, new={"first/n.h": define(2)}),
    Kind("#embed", ["-std=c23"], {"src/value.c": DATA}, {"src/data.bin": "1"}, {"src/data.bin": "2"}, ("clang",)),
    Kind("#embed before another", ["-std=c23", "--embed-dir=first", "--embed-dir=second"],
         {"src/value.c": DATA, "second/data.bin": "1"}, new={"first/data.bin": "2"}, compilers=("clang",)),
    Kind("a framework", ["-Ffirst", "-Fsecond"], {"src/value.c": FRAME, "second/Own.framework/Headers/Own.h": define(1)},
         new={"first/Own.framework/Headers/Own.h": define(2)}, compilers=("clang",)),
    Kind("a module map", ["-fmodules", "-fmodules-cache-path=modules", *ORDER],
         {"src/value.c": SOURCE, "second/n.h": define(1)},
         new={"first/n.h": define(2), "first/module.modulemap": 'module n { header "n.h" }\n'}, compilers=("clang",)),
    Kind("a module map that is not asked for", ORDER, {"src/value.c": SOURCE, "second/n.h": define(1)},
         new={"first/n.h": define(2), "first/module.modulemap": 'module n { header "n.h" }\n'}, compilers=("clang",)),
    Kind(".incbin", [], {"src/value.c": INCBIN}, {"src/data.bin": "1"}, {"src/data.bin": "2"}),
    Kind(".include", [], {"src/value.c": INCLUDE}, {"src/number.s": NUMBER.format(1)}, {"src/number.s": NUMBER.format(2)}),
    Kind("a specs file", ["-specs=own.specs"], {"src/value.c": "int value(void) { return N; }\n"},
         {"own.specs": "*cpp:\n+ -DN=1\n\n"}, {"own.specs": "*cpp:\n+ -DN=2\n\n"}, ("gcc",)),
    Kind("assembler", ORDER, {"src/value.S": '#include "n.h"\n.globl value\nvalue: movl $N, %eax\nret\n',
                              "second/n.h": define(1)}, new={"first/n.h": define(2)}, source="src/value.S"),
    Kind("what assembler includes", [], {"src/value.S": '.globl value\nvalue: .include "src/body.s"\n'},
         {"src/body.s": "movl $1, %eax\nret\n"}, {"src/body.s": "movl $2, %eax\nret\n"}, source="src/value.S"),
]


def letters(count, among=string.ascii_lowercase + string.digits):
    return "".join(chance.choice(among) for _ in range(count))


def tree(kind, number):
    """A new random directory that holds one of the two."""
    root = f"{top}/pip-wheel-{letters(8)}/pkg_{letters(32, '0123456789abcdef')}"
    for place in ("src", "build", *(word[2:] for word in kind.flags if word.startswith("-I"))):
        if not kind.only[number].get(place, "").startswith("-> "):
            os.makedirs(f"{root}/{place}", exist_ok=True)
    for name, text in {**kind.both, **kind.only[number]}.items():
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text[3:])
        else:
            path.write_text(text)
            # ccache does not trust files that are as new as the compile.
            os.utime(path, (1700000000, 1700000000))
    return root


def build(kind, compiler, number):
    """Nil if the object is that of its tree."""
    root = tree(kind, number)
    command = [launcher, *([cache] if cache else []), compiler, "-g", *kind.flags, "-c", kind.source, "-o", "build/value.o"]
    outcome = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if outcome.returncode == 0:
        outcome = subprocess.run(["gcc", "build/value.o", top + "/main.o", "-o", "build/value"], cwd=root,
                                 capture_output=True, text=True)
    if outcome.returncode == 0:
        outcome = subprocess.run([root + "/build/value"], capture_output=True, text=True)
    if outcome.stdout == str(number):
        return None
    return f"{kind.name}, {compiler}: {outcome.stdout or outcome.stderr}, not {number}"


pathlib.Path(top, "main.c").write_text(
    '#include <stdio.h>\nint value(void);\nint main(void) { printf("%d", value()); return 0; }\n')
subprocess.run(["gcc", "-c", "main.c", "-o", "main.o"], cwd=top, check=True)
compilers = ["gcc"] + (["clang"] if subprocess.run(["which", "clang"], capture_output=True).returncode == 0 else [])


def embeds():
    """clang has #embed since version 19."""
    probe = subprocess.run(["clang", "-x", "c", "-std=c23", "-fsyntax-only", "-"], capture_output=True,
                           input=b'#if !defined(__has_embed)\n#error\n#endif\n')
    return probe.returncode == 0


kinds = [kind for kind in KINDS if "#embed" not in kind.name or "clang" in compilers and embeds()]
pairs = [(kind, compiler) for kind in kinds for compiler in kind.compilers if compiler in compilers]
complaints = [complaint for kind, compiler in pairs for number in (1, 2, 2, 1)
              if (complaint := build(kind, compiler, number))]
print("\n".join(complaints))
print(f"{4 * len(pairs)} objects, {len(complaints)} wrong")
sys.exit(1 if complaints or not pairs else 0)
