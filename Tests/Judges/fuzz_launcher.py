"""Random command lines through the launcher: what the compiler receives is the original or differs only by the rules.

usage: fuzz_launcher.py LAUNCHER DIRECTORY COUNT SEED

A compiler that only writes down its arguments and PWD stands in for gcc and clang. The rules are spelled out here a
second time, and no code of the launcher's is used: paths are judged by where they lead.
"""

import os
import pathlib
import random
import re
import subprocess
import sys

launcher, top, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)
top = os.path.realpath(top)
RANDOM = re.compile(rb"(pip-wheel-[a-z0-9_]{8}/[a-z]+_[0-9a-f]{32}|pip-build-env-[a-z0-9_]{8}|tmp[a-z0-9_]{8})(?=/|$)")

# The world: a random build directory, a second one, a stable one, each with the same files.
own = top + "/pip-wheel-ab12cd3_/pkg_0123456789abcdef0123456789abcdef"
env = top + "/pip-build-env-zz9_8y7x"
other = top + "/tmpq1w2e3r4"
stable = top + "/stable"
for root in (own, env, other, stable):
    for name in ("src", "include", "build/temp", "a b", "d\udcffr"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in ("x.c", "y.cpp", "src/x.c", "src/y.cc", "include/h.h", "a b/z.c", "d\udcffr/n.c", "-dash.c"):
        pathlib.Path(root, name).write_text("")
os.makedirs(own + "/build/CMakeScratch/TryCompile-1", exist_ok=True)
if not os.path.islink(own + "/build/link"):
    os.symlink(env + "/include", own + "/build/link")

fake = top + "/bin"
os.makedirs(fake, exist_ok=True)
pathlib.Path(fake, "fake.c").write_text("""
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **arguments) {
  FILE *out = fopen(getenv("FAKE_OUT"), "wb");
  char *names[] = {"PWD", "CCACHE_NODIRECT", "CCACHE_DISABLE"};
  for (int i = 0; i < 3; i++) fprintf(out, "%s%c", getenv(names[i]) ? getenv(names[i]) : "", 0);
  for (int i = 0; i < count; i++) fprintf(out, "%s%c", arguments[i], 0);
  return fclose(out);
}
""")
for name in ("gcc", "g++-12", "x86_64-linux-gnu-gcc", "clang", "clang++", "sccache", "ccache", "icc", "gcc-7"):
    if not os.path.exists(f"{fake}/{name}"):
        subprocess.run(["gcc", "-o", f"{fake}/{name}", fake + "/fake.c"], check=True)

# A depfile of the preprocessor's, always glued on.
PASSED = [b"-Wp,-MD,", b"-Wp,-MMD,"]
PATHS = [b"-I", b"-isystem", b"-iquote", b"-idirafter", b"-include", b"-imacros", b"-B", b"-L", b"-F", b"-o", b"-MF"]
LEAVE = [b"-E", b"-M", b"-MM", b"-S", b"-v", b"-###", b"--version", b"-print-search-dirs", b"-dumpversion", b"--coverage",
         b"-fprofile-use", b"-fprofile-generate=/x", b"-gsplit-dwarf", b"@args", b"-x", b"-xassembler", b"-fmodules",
         b"-include-pch", b"-", b"", b"-Xclang", b"-Wp,-MD,x.d,-MT,x", b"--unknown", b"-fsyntax-only", b"-save-temps",
         b"-fplugin=x.so", b"-o"]

# The cache does not know of the file: in a random directory the compiler runs without it.
SIDE = [b"-fcallgraph-info", b"-fcallgraph-info=su", b"-fopt-info-all=x.txt", b"-fsave-optimization-record", b"-MJ",
        b"-fdump-tree-all", b"-ftime-trace", b"-fdiagnostics-add-output=sarif", b"-fdeps-file=x.ddi", b"-aux-info"]
LEAVE += SIDE
# The same, but the compile itself is understood: `sccache` alone, or both.
UNKNOWN = {"sccache": [b"-fstack-usage", b"-specs="], "ccache": []}
for options in UNKNOWN.values():
    options += [b"-mllvm", b"-fsanitize-ignorelist="]


def path():
    root = chance.choice([own, own, own, env, other, stable, "", "..", ".", "../..", own + "/build/..", own + "//",
                          "../pkg_0123456789abcdef0123456789abcdef", "../../pip-build-env-zz9_8y7x", "/usr"])
    rest = chance.choice(["src", "include", "include/h.h", "x.c", "src/x.c", "build/temp/x.o", "a b/z.c", "d\udcffr/n.c",
                          "src/../include", "missing/x", "src//x.c", "", "-dash.c", "build/link/h.h", "build/link/../x.c"])
    return os.fsencode(os.path.join(root, rest) if root else rest or ".")


def words():
    result = []
    for _ in range(chance.randrange(0, 9)):
        kind = chance.random()
        if kind < 0.45:
            option = chance.choice(PATHS[:9] + PATHS[10:])
            result += [option + path()] if chance.random() < 0.5 else [option, path()]
        elif kind < 0.6:
            result += chance.choice([[b"-DHERE=\"" + path() + b"\""], [b"-D", b"X=" + path()], [b"-U", path()]])
        elif kind < 0.7:
            result.append(chance.choice([b"-MT" + path(), b"-MQ" + path(), b"-Wl,-rpath," + path(), b"-frandom-seed=" + path(), b"-specs=" + path()]))
        elif kind < 0.71:
            result.append(chance.choice(PASSED) + path())
        elif kind < 0.72:
            result += chance.choice([[b"-fstack-usage"], [b"-mllvm", b"-x"], [b"-fsanitize-ignorelist=" + path()]])
        elif kind < 0.74:
            result.append(chance.choice([b"-ffile-prefix-map=", b"-fdebug-prefix-map="]) + path() + b"=/x")
        elif kind < 0.98:
            result.append(chance.choice([b"-g", b"-O2", b"-Wall", b"-fPIC", b"-std=c11", b"-MTx", b"-MD", b"-MMD", b"-pthread",
                                         b"-march=native", b"-w", b"-pipe", b"-xc", b"-Wa,--noexecstack"]))
        else:
            result.append(chance.choice(LEAVE))
    for _ in range(chance.choices([0, 1, 2], [1, 12, 1])[0]):
        result.insert(chance.randrange(len(result) + 1), chance.choice([
            path(), b"src/x.c", os.fsencode(own + "/src/x.c"), b"src/x.c", os.fsencode(other + "/src/y.cc"), b"x.c",
            os.fsencode(own + "/-dash.c"), b"x.c", b"-xc++", b"x.S"]))
    if chance.random() < 0.85:
        result += [b"-o", path()] if chance.random() < 0.5 else [b"-o" + os.fsencode(own) + b"/build/temp/x.o"]
    if chance.random() < 0.9:
        result.insert(chance.randrange(len(result) + 1), b"-c")
    return result


def resolved(path, directory):
    """Where a path leads, also if the last step is not there yet."""
    return os.path.realpath(os.path.join(os.fsencode(directory), path))


def same_place(before, after, directory):
    """A link's name in front is not looked at by realpath alone, because `..` behind it must not be folded first."""
    a, b = (os.path.join(os.fsencode(directory), path) for path in (before, after))
    if os.path.exists(a) or os.path.exists(b):
        return os.path.exists(a) and os.path.exists(b) and os.path.samefile(a, b)
    return resolved(before, directory) == resolved(after, directory)


def spoken(words):
    """The words that are not another option's value."""
    result = []
    index = 0
    while index < len(words):
        result.append(words[index])
        index += 2 if words[index] in PATHS + [b"-D", b"-U", b"-mllvm"] else 1
    return result


def judge(before, after, pwd, nodirect, directory, compiler, cache):
    """Nil if the launcher kept the rules, else what it did."""
    if after == before:
        return None if (pwd, nodirect) == (directory, "") else "the environment changed and nothing else"
    inside = RANDOM.search(os.fsencode(directory)) is not None
    if nodirect != ("" if cache == "sccache" else "1"):
        return f"ccache's direct mode is {nodirect}"
    name = os.path.basename(compiler)
    extra = []
    if inside and "clang" in name:
        extra = [b"-ffile-compilation-dir=."]
    elif inside and cache == "sccache":
        extra = [b"-Xpreprocessor", b"-ffile-prefix-map=" + os.fsencode(directory) + b"=."]
    elif inside:
        extra = [b"-ffile-prefix-map=/proc/self/cwd=."]
    expected_pwd = "/proc/self/cwd" if inside and ("clang" not in name and cache != "sccache" or
                                                   cache == "ccache") else directory
    if pwd != expected_pwd:
        return f"PWD is {pwd}"
    if name in ("icc", "gcc-7") or "CMakeScratch" in directory:
        return "should have been left alone"
    if extra and after[-len(extra):] != extra or len(after) != len(before) + len(extra):
        return "the arguments at the end"
    options = spoken(before)
    if b"-c" not in options or set(options) & (set(LEAVE) - {b"-o", b"-x", b""}) or b"" in options:
        return "should have been left alone"
    previous = b""
    for old, new in zip(before, after):
        if old != new:
            prefix = b""
            if previous not in PATHS and old.startswith(b"-"):
                prefix = max((p for p in PATHS + PASSED if old.startswith(p)), key=len, default=None)
                if prefix is None or not new.startswith(prefix):
                    return f"{old} became {new}"
            if prefix + previous[:2] == b"-o" and {b"-MD", b"-MMD"} & set(before) and not any(
                    a.startswith((b"-MT", b"-MQ")) for a in before):
                return "the target of the depfile changed"
            if previous in (b"-D", b"-U"):
                return f"the value of {previous} changed"
            a, b = old[len(prefix):], new[len(prefix):]
            if not RANDOM.search(a) and not (b".." in a):
                return f"{a} holds no random directory"
            if b.startswith((b"/", b"-", b"@")) or RANDOM.search(b):
                return f"{a} became {b}"
            if not same_place(a, b, directory):
                return f"{a} leads elsewhere than {b}"
        previous = old
    return None


rewritten = failures = 0
environment = {"PATH": fake + ":/usr/bin:/bin", "FAKE_OUT": top + "/out"}
for round in range(count):
    directory = chance.choice([own, own, own, own + "/build", own + "/d\udcffr", own + "/a b", stable, env,
                               own + "/build/CMakeScratch/TryCompile-1"])
    compiler = chance.choice(["gcc", "g++-12", "x86_64-linux-gnu-gcc", "clang", "clang++", fake + "/gcc", "icc", "gcc-7"])
    cache = chance.choice(["", "", "ccache", "sccache"])
    arguments = words()
    front = [cache] if cache else []
    command = [launcher] + (["--"] if chance.random() < 0.2 else []) + front + [compiler] + arguments
    outcome = subprocess.run(command, cwd=directory, env={**environment, "PWD": directory}, capture_output=True)
    received = pathlib.Path(top, "out").read_bytes().split(b"\0")[:-1]
    os.unlink(top + "/out")
    pwd, nodirect, disabled = (os.fsdecode(value) for value in received[:3])
    program, told = received[3], received[4:]
    complaint = None
    if outcome.returncode or outcome.stdout or outcome.stderr:
        complaint = f"status {outcome.returncode}, said {outcome.stdout + outcome.stderr}"
    if disabled:
        # Never for another reason, and never anywhere else.
        if not RANDOM.search(os.fsencode(directory)) or os.path.basename(program) == os.fsencode(cache) and cache:
            complaint = "the cache was skipped, or was not"
        reasons = SIDE + UNKNOWN.get(cache, []) + ([b"x.S"] if cache == "sccache" else [])
        if not any(word.startswith(reason) for word in arguments for reason in reasons):
            complaint = "the cache was skipped for no reason"
        cache = ""
    elif cache and told[1:] != arguments and any(w.startswith(u) for w in told for u in UNKNOWN[cache]):
        complaint = "the cache was asked"
    if cache:
        if told[:1] != [os.fsencode(compiler)]:
            complaint = f"the cache got {told[:1]}"
        told = told[1:]
    complaint = complaint or judge(arguments, told, pwd, nodirect, directory, compiler, cache)
    if complaint:
        failures += 1
        print(f"round {round} in {directory}: {complaint}\n  {front} {compiler} {arguments}\n  {told}".encode(
            errors="backslashreplace").decode())
    rewritten += told != arguments
print(f"{count} command lines, {rewritten} rewritten, {failures} against the rules")
# A launcher that left everything alone would break no rule and be of no use.
sys.exit(1 if failures or rewritten < count / 6 else 0)
