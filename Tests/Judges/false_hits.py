"""Trees that differ in one thing never get each other's object from a cache that they share.

usage: false_hits.py LAUNCHER CACHE DIRECTORY

CACHE is a program of ccache or sccache, whose settings are in the environment. Each object is linked and run, and says
which tree it was made from. Two builds go on at once; every pair is built again, when the cache has both.
"""

import itertools
import os
import pathlib
import random
import string
import subprocess
import sys
import threading

launcher, cache, top = sys.argv[1:]
chance = random.Random(1)

SOURCE = """#include <stdio.h>
#include "own.h"
#include "made.h"
#include <foreign.h>
int value(void) { return OWN * 1000000 + MADE * 10000 + FOREIGN * 100 + DEFINED; }
"""
MAIN = """#include <stdio.h>
int value(void);
int main(void) { printf("%d", value()); return 0; }
"""
pathlib.Path(top, "main.c").write_text(MAIN)
subprocess.run(["gcc", "-c", "main.c", "-o", "main.o"], cwd=top, check=True)


def letters(count, among=string.ascii_lowercase + string.digits):
    return "".join(chance.choice(among) for _ in range(count))


class Tree:
    """One build: its own directory, and a build environment beside it."""

    def __init__(self, own=1, made=1, foreign=1, defined=1):
        self.expected = str(own * 1000000 + made * 10000 + foreign * 100 + defined)
        self.defined = defined
        self.root = f"{top}/pip-wheel-{letters(8)}/pkg_{letters(32, '0123456789abcdef')}"
        self.env = f"{top}/pip-build-env-{letters(8)}/overlay/include"
        for place in ("src", "include", "build/made"):
            os.makedirs(f"{self.root}/{place}")
        os.makedirs(self.env)
        pathlib.Path(self.root, "src/value.c").write_text(SOURCE)
        pathlib.Path(self.root, "include/own.h").write_text(f"#define OWN {own}\n")
        pathlib.Path(self.root, "build/made/made.h").write_text(f"#define MADE {made}\n")
        pathlib.Path(self.env, "foreign.h").write_text(f"#define FOREIGN {foreign}\n")
        # ccache does not trust files that are as new as the compile.
        for path in pathlib.Path(top).rglob("*.h"):
            os.utime(path, (1700000000, 1700000000))

    def build(self, compiler, absolute, results):
        at = self.root + "/" if absolute else ""
        command = [launcher, cache, compiler, "-g", "-O1", f"-DDEFINED={self.defined}", f"-I{at}include", "-isystem",
                   at + "build/made", f"-I{self.env}", "-MD", "-c", at + "src/value.c", "-o", at + "build/value.o"]
        outcome = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        if outcome.returncode == 0:
            outcome = subprocess.run([compiler, "build/value.o", top + "/main.o", "-o", "build/value"], cwd=self.root,
                                     capture_output=True, text=True)
        if outcome.returncode == 0:
            outcome = subprocess.run([self.root + "/build/value"], capture_output=True, text=True)
        depfile = pathlib.Path(self.root, "build/value.d")
        if "own.h" not in depfile.read_text():
            results.append(f"no header in {depfile}")
        if outcome.stdout != self.expected:
            results.append(f"{compiler}, absolute: {absolute}: {outcome.stdout or outcome.stderr}, not {self.expected}")
        if "pip-" in pathlib.Path(self.root, "build/value.o").read_bytes().decode("latin-1"):
            results.append(f"{compiler}, absolute: {absolute}: the object holds its directory")


checks, results = 0, []
compilers = ["gcc"] + (["clang"] if subprocess.run(["which", "clang"], capture_output=True).returncode == 0 else [])
for compiler, absolute in itertools.product(compilers, (False, True)):
    for difference in ("own", "made", "foreign", "defined", None):
        pair = [Tree(), Tree(**{difference: 2} if difference else {})]
        for _ in range(2):
            threads = [threading.Thread(target=tree.build, args=(compiler, absolute, results)) for tree in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            checks += 2
        # And the other way round, from another directory: now everything is in the cache.
        for again in (Tree(**{difference: 2} if difference else {}), Tree()):
            again.build(compiler, absolute, results)
            checks += 1
print("\n".join(results))
print(f"{checks} objects, {len(results)} wrong")
sys.exit(1 if results or not checks else 0)
