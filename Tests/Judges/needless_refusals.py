"""Judges the references that NeedlessRefusalTests saw in x86-64 code: objdump disassembles around each place, from
several beginnings, because nobody knows where instructions begin; most of them fall into step within a few
instructions. A reference that most of them show is one; the others are needless refusals.

usage: needless_refusals.py DIRECTORY-OF-WHEELS LINES
"""

import collections
import re
import subprocess
import sys
import tempfile
import zipfile


def shows(module, place, target, start):
    text = subprocess.run(
        ["objdump", "-d", "-M", "intel", f"--start-address={start}", f"--stop-address={place + 16}", module],
        capture_output=True, text=True, check=True).stdout
    return re.search(rf"# (0x)?0*{target:x}\b", text) is not None


def main():
    directory, lines = sys.argv[1:]
    kinds = collections.Counter()
    members = collections.defaultdict(list)
    for line in open(lines):
        member, name, place, target = line.rstrip("\n").split("\t")
        members[member].append((name, place, target))
    for member, found in members.items():
        wheel, inner = member.split("!", 1)
        with tempfile.NamedTemporaryFile() as module:
            module.write(zipfile.ZipFile(f"{directory}/{wheel}").read(inner))
            module.flush()
            for name, place, target in found:
                if place == "-" or not (name.startswith(".text") or name == "load"):
                    kinds[name.split(" ")[0]] += 1
                    continue
                place, target = int(place, 16), int(target, 16)
                votes = sum(shows(module.name, place, target, place - back) for back in range(40, 56))
                kind = ("true" if votes > 8 else "needless") + (" load" if name == "load" else " pointer")
                kinds[kind] += 1
                if votes <= 8:
                    print(f"needless: {member} {name} at 0x{place:x} -> 0x{target:x} ({votes} of 16)")
    for kind, count in sorted(kinds.items()):
        print(f"{count:6} {kind}")


main()
