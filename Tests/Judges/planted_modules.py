"""Plants build roots over strings of published x86-64 modules, fixes the modules, and compares.

usage: planted_modules.py WHEELSCRUB DIRECTORY-OF-WHEELS [MODULES]

Who refers to a root's bytes is told by objdump and readelf: displacements of code, addends of relocations, symbols.
Exits with 1 where

- `fix` changed anything but planted roots and the build-id (and what it changes without them);
- a root was rewritten though a pointer leads behind its first byte;
- fewer than 99 of 100 roots with no such reference were rewritten.

The modules have 50 kB to 1.5 MB; of each wheel the largest one is taken, then the next ones.
"""

import collections
import glob
import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

from plant_strings import plant, sections

SHT_NOTE = 7
SHT_NOBITS = 8


def modules(directory, most):
    found = []
    for wheel in sorted(glob.glob(f"{directory}/*.whl")):
        own = []
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                if not re.search(r"\.so(\.|$)", entry.filename) or not 50_000 <= entry.file_size <= 1_500_000:
                    continue
                data = archive.read(entry)
                # 64 bits, little-endian, a shared object, x86-64.
                if data[:6] == b"\x7fELF\x02\x01" and data[16:20] == b"\x03\x00\x3e\x00":
                    own.append((len(data), f"{os.path.basename(wheel)}!{entry.filename}", data))
        found += enumerate(sorted(own, reverse=True)[:3])
    return [(name, data) for _, (_, name, data) in sorted(found)[:most]]


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=True).stdout


def references(path):
    """Addresses that something points to, and addresses that code reads from."""
    pointers, loads = set(), set()
    for line in output("objdump", "-d", "-w", "-M", "intel", "--no-show-raw-insn", path).splitlines():
        target = re.search(r"\[rip[+-]0x[0-9a-f]+\].*# (?:0x)?([0-9a-f]+)\b", line)
        if target:
            (pointers if re.search(r"\slea\s", line) else loads).add(int(target[1], 16))
    for line in output("readelf", "-rW", path).splitlines():
        entry = re.match(r"[0-9a-f]{8,}\s+[0-9a-f]{8,}\s+R_X86_64_\w+\s+(.*)", line)
        if not entry:
            continue
        rest = entry[1].split()
        if len(rest) == 1:
            pointers.add(int(rest[0], 16))
        elif len(rest) == 4:
            sign = -1 if rest[2] == "-" else 1
            pointers.add(int(rest[0], 16) + sign * int(rest[3], 16))
    for line in output("readelf", "-sW", path).splitlines():
        fields = line.split()
        if len(fields) >= 7 and re.fullmatch(r"\d+:", fields[0]) and fields[6] not in ("UND", "ABS"):
            pointers.add(int(fields[1], 16))
    return pointers, loads


def changes(one, other):
    """Offsets of loaded bytes that are not the same, and names of sections that are not, but are not loaded."""
    # The place of the section headers, and of what is not loaded, may change.
    headers = struct.unpack_from("<Q", one, 0x20)[0], struct.unpack_from("<HH", one, 0x36)
    spans = [(0, 0x28), (0x30, 0x40), (headers[0], headers[0] + headers[1][0] * headers[1][1])]
    others, names = {name: rest for name, *rest in named(other)}, set()
    for name, kind, flags, address, offset, size in named(one):
        if kind == SHT_NOBITS:
            continue
        if flags & 2:
            spans.append((offset, offset + size))
            if others.get(name) != [kind, flags, address, offset, size]:
                names.add(name)
        elif name not in others or one[offset:][:size] != other[others[name][3]:][:others[name][4]]:
            names.add(name)
    return {at for start, end in spans for at in range(start, end) if one[at] != other[at]}, names


def named(data):
    listed = list(sections(data))
    table, = struct.unpack_from("<Q", data, 0x28)
    size, _, index = struct.unpack_from("<HHH", data, 0x3A)
    for number, section in enumerate(listed[1:], 1):
        start = listed[index][3] + struct.unpack_from("<I", data, table + number * size)[0]
        yield (data[start : data.index(b"\0", start)].decode(), *section)


def main():
    program, directory = sys.argv[1:3]
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    counts = collections.Counter()
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        chosen = modules(directory, most)
        plans = []
        for kind in ("original", "planted"):
            os.mkdir(f"{scratch}/{kind}")
        for number, (name, data) in enumerate(chosen):
            planted = bytearray(data)
            plans.append(plant(planted))
            open(f"{scratch}/original/{number}.so", "wb").write(data)
            open(f"{scratch}/planted/{number}.so", "wb").write(planted)
            chosen[number] = (name, data, bytes(planted))
        subprocess.run(
            [program, "fix", "--isolated", "--quiet", "--in-place", f"{scratch}/original", f"{scratch}/planted"],
            stdout=subprocess.DEVNULL)
        for number, (name, data, planted) in enumerate(chosen):
            path = f"{scratch}/module.so"
            open(path, "wb").write(data)
            plan = plans[number]
            counts["modules"] += 1
            counts["modules with roots"] += bool(plan)
            baseline = open(f"{scratch}/original/{number}.so", "rb").read()
            fixed = open(f"{scratch}/planted/{number}.so", "rb").read()
            (changed, moved), (always, alike) = changes(planted, fixed), changes(data, baseline)
            changed -= always
            # Debug information is laid out anew whenever a file is written.
            moved = {section for section in moved - alike if not section.startswith(".debug_")}
            if moved:
                problems.append(f"{name}: {moved} changed")
            inside = {at for start, text, _ in plan for at in range(start, start + len(text))}
            inside |= {
                at for kind, _, _, offset, size in sections(data) if kind == SHT_NOTE and size < 256
                for at in range(offset, offset + size)}
            if changed - inside:
                problems.append(f"{name}: {len(changed - inside)} bytes changed, from 0x{min(changed - inside):x} on")
            pointers, loads = references(path)
            for start, text, is_whole in plan:
                counts["roots"] += 1
                counts["roots that end their string"] += is_whole
                address = next(
                    at + start - offset for kind, _, at, offset, size in sections(data)
                    if kind == 1 and offset <= start < offset + size)
                pointed, read = (
                    any(target in kind for target in range(address + 1, address + len(text)))
                    for kind in (pointers, loads))
                rewritten = fixed[start : start + len(text)] != planted[start : start + len(text)]
                group = "with a pointer inside" if pointed else "read inside" if read else "free"
                counts[group] += 1
                counts[group + ", rewritten"] += rewritten
                after = fixed[start : start + len(text)]
                if rewritten and (after[:1] != b"/" or b"k3v9x1mq" in after or b"5d41402a" in after):
                    problems.append(f"{name}: {after} at 0x{start:x}")
                if rewritten and pointed:
                    problems.append(f"{name}: rewritten at 0x{address:x}, though something points into it")
                if not rewritten and group == "free":
                    print(f"left: {name}: 0x{address:x}" + (" at its string's end" if is_whole else ""))
    for kind in (
        "modules", "modules with roots", "roots", "roots that end their string", "free", "free, rewritten",
        "with a pointer inside", "with a pointer inside, rewritten", "read inside", "read inside, rewritten",
    ):
        print(f"{counts[kind]:6} {kind}")
    if counts["free, rewritten"] < 0.99 * counts["free"] or counts["free"] < 10 * most:
        problems.append("too few roots were rewritten")
    for problem in problems:
        print(f"problem: {problem}")
    sys.exit(bool(problems))


main()
