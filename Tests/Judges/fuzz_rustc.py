"""Random command lines through the launcher of rustc: what rustc and sccache receive is the original or differs only by
the rules.

usage: fuzz_rustc.py LAUNCHER DIRECTORY COUNT SEED

A program that only writes down its arguments, its directory and some variables stands in for rustc and sccache. The rules
are spelled out here a second time, and no code of the launcher's is used: paths are judged by where they lead, as the
program that gets them sees it while it runs.
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

own = top + "/pip-wheel-ab12cd3_/pkg_0123456789abcdef0123456789abcdef"
env = top + "/pip-build-env-zz9_8y7x"
other = top + "/tmpq1w2e3r4"
odd = top + "/pip-build-env-aaaa_8y7x/../sp ace/pip-build-env-bb9_8y7x"
stable = top + "/stable"
home = top + "/home"
os.makedirs(top + "/pip-build-env-aaaa_8y7x", exist_ok=True)
for root in (own, env, other, odd, stable):
    for name in ("src", "target/deps", "sub/deep", "vendor/a%b"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in ("src/lib.rs", "lib.rs", "sub/deep/lib.rs", "target/deps/liba.rlib", "target/deps/libm.so", "target.json"):
        pathlib.Path(root, name).write_text("")
    pathlib.Path(root, "target/CACHEDIR.TAG").write_text("")
os.makedirs(home, mode=0o700, exist_ok=True)
os.chmod(top, 0o755)

fake = top + "/bin"
os.makedirs(fake, exist_ok=True)
pathlib.Path(fake, "fake.c").write_text(r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
extern char **environ;
/* Each word, and which file the path in it leads to now. */
static void tell(FILE *out, const char *word) {
  struct stat status;
  const char *path = strchr(word, '/');
  fprintf(out, "%s%c", word, 0);
  if (path && stat(path, &status) == 0) fprintf(out, "%lu", (unsigned long)status.st_ino);
  fputc(0, out);
}
int main(int count, char **arguments) {
  FILE *out = fopen(getenv("FAKE_OUT"), "ab");
  char directory[4096];
  struct stat status;
  fprintf(out, "%s%c", getcwd(directory, sizeof directory), 0);
  for (int i = 0; i < count; i++) tell(out, arguments[i]);
  fputs("--", out);
  fputc(0, out);
  for (char **variable = environ; *variable; variable++) tell(out, *variable);
  fputs("==", out);
  fputc(0, out);
  /* The source by its relative name, which must be there in every directory. */
  fprintf(out, "%d%c", stat("src/lib.rs", &status) == 0, 0);
  fclose(out);
  return getenv("FAKE_STATUS") && strstr(arguments[0], "sccache") ? atoi(getenv("FAKE_STATUS")) : 0;
}
""")
for name in ("rustc", "sccache", "clippy-driver"):
    if not os.path.exists(f"{fake}/{name}"):
        subprocess.run(["gcc", "-O1", "-o", f"{fake}/{name}", fake + "/fake.c"], check=True)

LEAVE = [b"-vV", b"-", b"--print=sysroot", b"--print", b"@args", b"", b"--unheard-of", b"-q", b"--explain", b"-h", b"--version"]
UNCACHED = [b"--test", b"-Cincremental=/i", b"-Zthreads=2", b"--emit=asm", b"-Cprofile-use=/p", b"--sysroot=/s",
            b"-Cllvm-args=-x", b"--crate-type=cdylib", b"--crate-type=staticlib", b"--target=target.json", b"-o/x"]


def path():
    root = chance.choice([own, own, own, own, env, other, stable, odd, "", ".", ".."])
    rest = chance.choice(["src", "target/deps", "target/deps/liba.rlib", "missing/x", "", "sub/deep", "vendor/a%b"])
    return os.fsencode(os.path.join(root, rest) if root else rest or ".")


def absolute():
    return os.fsencode(chance.choice([own, own, own, own, own, env, other, stable, odd]) + "/target/deps")


def words():
    result = [b"--crate-name", b"x"] if chance.random() < 0.95 else []
    result += chance.choice([[b"src/lib.rs"], [b"lib.rs"], [os.fsencode(own) + b"/src/lib.rs"], [b"src/lib.rs"],
                             [b"../lib.rs"], [os.fsencode(stable) + b"/lib.rs"], [], [b"src/lib.rs", b"lib.rs"]])
    result += chance.choice([[b"--crate-type", b"lib"], [b"--crate-type=rlib"], [b"--crate-type", b"lib"], [b"--crate-type", b"bin"]])
    result += chance.choice([[b"--emit=metadata,link"], [b"--emit", b"metadata,link"], [b"--emit=link"], []])
    if chance.random() < 0.9:
        result += chance.choice([[b"--out-dir", absolute()], [b"--out-dir=" + absolute()]])
    for _ in range(chance.randrange(0, 7)):
        kind = chance.random()
        place = absolute() if chance.random() < 0.85 else path()
        if kind < 0.35:
            result += chance.choice([[b"-L", place], [b"-L" + place], [b"-L", b"dependency=" + place], [b"-Lnative=" + place]])
        elif kind < 0.55:
            result += chance.choice([[b"--extern", b"a=" + place + b"/liba.rlib"], [b"--extern=priv:a=" + place + b"/liba.rlib"],
                                     [b"--extern", b"std"]])
        elif kind < 0.75:
            result += chance.choice([[b"-C", b"link-arg=" + place], [b"-Clinker=" + place], [b"--cfg", b"x=\"" + place + b"\""],
                                     [b"-l", b"static=x"], [b"-Awarnings"], [b"--check-cfg", place]])
        elif kind < 0.94:
            result += chance.choice([[b"-C", b"opt-level=3"], [b"-g"], [b"-O"], [b"--edition=2021"], [b"--cap-lints", b"allow"],
                                     [b"-Cmetadata=12"], [b"--json=artifacts"], [b"-Cpanic=abort"], [b"-Clto=thin"]])
        elif kind < 0.96:
            result += chance.choice([[b"--remap-path-prefix=" + path() + b"=/x"], [b"--remap-path-prefix", path() + b"=."]])
        elif kind < 0.98:
            result.append(chance.choice(UNCACHED))
        else:
            result.append(chance.choice(LEAVE))
    return result


def received():
    """What each program that was started got: directory, words, variables, whether it sees the source."""
    fields = iter(pathlib.Path(top, "out").read_bytes().split(b"\0")[:-1])
    os.unlink(top + "/out")
    calls = []
    for directory in fields:
        parts = []
        for end in (b"--", b"=="):
            part = []
            while (word := next(fields)) != end:
                part.append((word, next(fields)))
            parts.append(part)
        calls.append((os.fsdecode(directory), *parts, next(fields) == b"1"))
    return calls


def inode(word, directory):
    at = word.find(b"/")
    target = word[at:]
    return b"%d" % os.stat(target).st_ino if at >= 0 and os.path.exists(target) else b""


def split(arguments, told):
    """The arguments without the maps at the end, and these."""
    return told[: len(arguments)], told[len(arguments):]


def judge_maps(maps, place):
    for map in maps:
        if not map.startswith(b"--remap-path-prefix="):
            return f"{map} at the end"
        old, _, new = map[len(b"--remap-path-prefix="):].rpartition(b"=")
        if RANDOM.search(new) or not new.startswith((b"/build/", b"/cargo", b"/rust")):
            return f"{map} maps to no stable path"
        if place and RANDOM.search(old):
            return f"{map} is not the same in every directory"
    return None


def judge(arguments, calls, directory, shared_ok, variables):
    """Nil if the launcher kept the rules, else what it did; and what it did in one word."""
    name, told, environment, sees = calls[-1]
    told = [word for word, _ in told]
    program = os.path.basename(told[0])
    rest = told[1:]
    if len(calls) > 2 or len(calls) == 2 and b"sccache" not in calls[0][1][0][0]:
        return f"{len(calls)} programs", ""
    if len(calls) == 1 and program == b"sccache":
        rest = rest[1:]
        if rest == arguments:
            return None, "left"
        return judge_shared(arguments, calls[0], directory), "shared"
    if len(calls) == 2:
        complaint = judge_shared(arguments, calls[0], directory)
        if complaint:
            return complaint, "fallback"
    if name != directory:
        return f"rustc runs in {name}", ""
    if dict(word.split(b"=", 1) for word, _ in environment if b"=" in word) != variables:
        return "the environment changed", ""
    if rest == arguments:
        return None, "left"
    kept, maps = split(arguments, rest)
    if kept != arguments:
        return "the arguments changed", ""
    if not RANDOM.search(b"\0".join(arguments + [os.fsencode(directory)] + list(variables.values())).replace(b"\0", b"/\0/")):
        return "nothing random, but mapped", ""
    if any(word in LEAVE for word in arguments):
        return "should have been left alone", ""
    return judge_maps(maps, None), "mapped" if len(calls) == 1 else "fallback"


def judge_shared(arguments, call, directory):
    name, told, environment, sees = call
    rest, files = [word for word, _ in told[2:]], [file for _, file in told[2:]]
    if RANDOM.search(os.fsencode(name)):
        return f"sccache runs in {name}"
    if not RANDOM.search(os.fsencode(directory)) and name != directory:
        return f"sccache runs in {name}, not in {directory}"
    if not sees and os.path.exists(directory + "/src/lib.rs"):
        return "sccache does not see the source"
    kept, maps = split(arguments, rest)
    for index, (old, new) in enumerate(zip(arguments, kept)):
        if old == new:
            continue
        if old.startswith((b"-C", b"--cfg", b"--check")) or arguments[index - 1] in (b"-C", b"--cfg", b"--check-cfg"):
            return f"{old} became {new}"
        if RANDOM.search(new) or files[index] != inode(old, directory):
            return f"{old} leads elsewhere than {new}"
    if any(word.startswith(tuple(UNCACHED)) or word in LEAVE for word in arguments):
        return "sccache was asked for what it does not know"
    for word, file in environment:
        variable, _, value = word.partition(b"=")
        # Only a miss: what is named nowhere else is not looked for inside of variables.
        if variable.startswith(b"CARGO_") and os.fsencode(own) in value:
            return f"{word} is not the same in every directory"
        if variable in (b"CARGO_MANIFEST_DIR", b"OUT_DIR") and file != inode(b"=" + variables[variable], directory):
            return f"{word} leads elsewhere"
    return judge_maps(maps, name)


seen = {}
failures = 0
for round in range(count):
    directory = chance.choice([own, own, own, own + "/sub/deep", own + "/vendor/a%b", stable, env, os.path.realpath(odd)])
    cache = chance.choice(["", "word", "variable", "variable"])
    arguments = words()
    variables = {b"PATH": os.fsencode(fake + ":/usr/bin:/bin"), b"FAKE_OUT": os.fsencode(top + "/out"), b"HOME": os.fsencode(home),
                 b"CARGO_MANIFEST_DIR": os.fsencode(chance.choice([own, own + "/sub", stable])), b"FAKE_STATUS": b"0",
                 b"OUT_DIR": os.fsencode(own + "/target/deps"), b"CARGO_X": b"-I" + absolute()}
    if chance.random() < 0.5:
        # More that sccache is asked for than chance alone would make.
        arguments = [b"--crate-name", b"x", b"src/lib.rs", b"--crate-type", b"lib", b"--emit=metadata,link", b"--out-dir",
                     os.fsencode(own) + b"/target/deps"] + [word for word in arguments if word.startswith((b"-L/", b"-Lnative="))]
    if cache == "variable":
        variables[b"WHEELSCRUB_RUSTC_CACHE"] = b"sccache"
    if chance.random() < 0.1:
        variables[b"FAKE_STATUS"] = b"1"
    front = ["sccache"] if cache == "word" else []
    compiler = chance.choice(["rustc", "rustc", "rustc", fake + "/rustc", "clippy-driver"])
    outcome = subprocess.run([launcher, *front, compiler, *arguments], cwd=directory, env=variables, capture_output=True)
    calls = received()
    complaint, what = judge(arguments, calls, directory, cache, variables)
    failed = variables[b"FAKE_STATUS"] != b"0" and calls[-1][1][0][0].endswith(b"sccache")
    if outcome.returncode != (1 if failed else 0) or outcome.stdout or outcome.stderr:
        complaint = f"status {outcome.returncode}, said {outcome.stdout + outcome.stderr}"
    if failed and what == "shared":
        complaint = "what failed with the cache was not compiled without"
    if compiler == "clippy-driver" and what != "left":
        complaint = "another program's arguments changed"
    if complaint:
        failures += 1
        print(f"round {round} in {directory}: {complaint}\n  {cache} {compiler} {arguments}\n  {calls}".encode(
            errors="backslashreplace").decode())
    seen[what] = seen.get(what, 0) + 1
leftovers = [str(path) for path in pathlib.Path(home).rglob("*") if path.parent.name == "runs" or path.name == "root"]
if leftovers:
    failures += 1
    print(f"left behind: {leftovers}")
print(f"{count} command lines, {seen}, {failures} against the rules")
# A launcher that left everything alone would break no rule and be of no use.
enough = all(seen.get(what, 0) >= count / 50 for what in ("left", "mapped", "shared", "fallback"))
sys.exit(0 if enough and not failures else 1)
