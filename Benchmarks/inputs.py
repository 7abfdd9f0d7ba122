"""Makes and judges what the benchmarks work on. Standard library only; the same machine gives the same files.

    inputs.py files PROGRAM DIR      big shared objects of this machine, roots planted, in DIR
    inputs.py tree TREE DIR [N]      a copy of TREE, or of N of its files (hard links where possible), roots planted in 20
    inputs.py wheel PROGRAM DIR      a wheel of about 92 MB in DIR/clean, the same with 5 leaking members in DIR/leaky
    inputs.py plant WHEEL DIR        the same two from a wheel that exists
    inputs.py bytecode DIR N         N modules of the standard library, compiled for a temporary directory, in DIR
    inputs.py reload DIR             the same rewritten by Python's marshal
    inputs.py loaded A B             whether two such directories load the same
    inputs.py same A.whl B.whl       whether two wheels have the same members, RECORD aside
    inputs.py payloads PROGRAM DIR   an image in DIR with 60 MB of others, compressed in four formats, behind its end
    inputs.py unpacked FILE          the roots in what its payloads hold, by Python's own decoders
    inputs.py largest A.whl B.whl    bytes of the largest member that differs
"""

import base64, bz2, glob, gzip, hashlib, lzma, os, shutil, struct, subprocess, sys, zipfile, zlib

ROOT = b"/tmp/pip-wheel-ab12cd34/planted_0123456789abcdef0123456789abcdef"
TEXT = b"\0" + ROOT + b"/src/module.c\0"


def shared_objects(program, limit, largest):
    """Shared objects without build roots, largest first, up to `limit` bytes in all."""
    found = {}
    for pattern in ("/usr/lib/*/*.so*", "/usr/lib/llvm*/lib/*.so*", "/usr/lib/*/dri/*.so", "/usr/lib/jvm/*/lib/**/*.so"):
        for path in glob.glob(pattern, recursive=True):
            if not os.path.islink(path) and os.path.isfile(path) and os.path.getsize(path) > 100_000:
                found.setdefault(os.stat(path).st_ino, path)
    total, chosen = 0, []
    for path in sorted(found.values(), key=lambda p: (-os.path.getsize(p), p)):
        size = os.path.getsize(path)
        if size > largest or total + size > limit or rodata(open(path, "rb").read()) is None:
            continue
        if subprocess.run([program, "check", "-q", path], capture_output=True).returncode == 0:
            chosen.append(path)
            total += size
    return chosen


def rodata(data):
    """(offset, size) of .rodata in an ELF64 file, little-endian; None where there is none of some size."""
    if data[:6] != b"\x7fELF\2\1":
        return None
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, table + n * size) for n in range(count)]
    for name, kind, _, _, offset, length in headers:
        start = headers[names][4] + name
        if kind == 1 and length > 4096 and data[start:start + 8] == b".rodata\0":
            return offset, length
    return None


def planted(data, times=1):
    """The file with roots in the middle of its .rodata, where nothing else changes."""
    data = bytearray(data)
    offset, length = rodata(data)
    for n in range(times):
        at = offset + length // 2 + n * 256
        data[at:at + len(TEXT)] = TEXT
    return bytes(data)


def files(program, directory):
    for n, path in enumerate(shared_objects(program, 700_000_000, 130_000_000)):
        data = bytearray(open(path, "rb").read())
        for at in range(1000, len(data) - len(TEXT), 400_009):
            data[at:at + len(TEXT)] = TEXT
        open(f"{directory}/{n}", "wb").write(data)


def tree(source, directory, count=None):
    def link(a, b):
        try:
            os.link(a, b)
        except OSError:
            shutil.copy2(a, b)

    if count:
        found = sorted(p for p in glob.glob(f"{source}/**/*", recursive=True) if os.path.isfile(p) and not os.path.islink(p))
        # Spread over the whole tree, so that all kinds of files are among them.
        for path in found[::max(len(found) // int(count), 1)][:int(count)]:
            target = os.path.join(directory, os.path.relpath(path, source))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            link(path, target)
    else:
        shutil.copytree(source, directory, symlinks=True, copy_function=link)
    paths = sorted(p for p in glob.glob(f"{directory}/**/*.so*", recursive=True) if os.path.isfile(p) and not os.path.islink(p))
    paths = [p for p in paths if rodata(open(p, "rb").read())]
    for path in paths[::max(len(paths) // 20, 1)][:20]:
        data = planted(open(path, "rb").read())
        os.unlink(path)
        open(path, "wb").write(data)


def pack(name, members):
    """A wheel as CPython's zipfile writes it."""
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
        rows = []
        for member, data in members:
            info = zipfile.ZipInfo(member)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{member},sha256={digest},{len(data)}\n")
        record = next(m for m, _ in members if m.endswith("/WHEEL"))[:-5] + "RECORD"
        info = zipfile.ZipInfo(record)
        info.external_attr = 0o100644 << 16
        archive.writestr(info, "".join(rows) + f"{record},,\n", zipfile.ZIP_DEFLATED)


def two_wheels(members, name, directory):
    images = sorted((m for m, d in members if rodata(d)), key=lambda m: (-len(dict(members)[m]), m))
    # The largest, and four spread over the rest; two of them leak twice, which makes seven roots.
    leaking = {images[n * (len(images) - 1) // 4]: 2 if n in (1, 2) else 1 for n in range(5)}
    for kind in "clean", "leaky":
        os.mkdir(f"{directory}/{kind}")
    pack(f"{directory}/clean/{name}", members)
    members = [(m, planted(d, leaking[m]) if m in leaking else d) for m, d in members]
    pack(f"{directory}/leaky/{name}", members)


def wheel(program, directory):
    members = [
        (f"big/{n:03}_{os.path.basename(path)}", open(path, "rb").read())
        for n, path in enumerate(shared_objects(program, 270_000_000, 40_000_000))
    ]
    members.append(("big/__init__.py", b""))
    info = b"Wheel-Version: 1.0\nGenerator: benchmark\nRoot-Is-Purelib: false\nTag: cp311-cp311-linux_x86_64\n"
    members.append(("big-1.0.dist-info/WHEEL", info))
    members.append(("big-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: big\nVersion: 1.0\n"))
    two_wheels(members, "big-1.0-cp311-cp311-linux_x86_64.whl", directory)


def plant(path, directory):
    with zipfile.ZipFile(path) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist() if not i.is_dir()]
    members = [(m, d) for m, d in members if not m.endswith(".dist-info/RECORD")]
    two_wheels(members, os.path.basename(path), directory)


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {i.filename: (i.CRC, i.file_size) for i in archive.infolist() if not i.filename.endswith("/RECORD")}


def same(one, other):
    one, other = members(one), members(other)
    different = [m for m in sorted(one.keys() | other.keys()) if one.get(m) != other.get(m)]
    print(f"DIFFER: {', '.join(different)}" if different else f"agree: {len(one)} members")


def largest(one, other):
    one, other = members(one), members(other)
    print(max(one[m][1] for m in one if one[m] != other[m]))


def bytecode(directory, wanted):
    """So many modules of the standard library, compiled as pip compiles, in 21 distributions."""
    import py_compile
    import sysconfig

    library = sysconfig.get_path("stdlib")
    sources = sorted(s for s in glob.glob(f"{library}/**/*.py", recursive=True) if "-packages" not in s)
    rows = [[] for _ in range(21)]
    count = 0
    for source in sources:
        name = os.path.relpath(source, library)
        copy = f"{directory}/{name}"
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy2(source, copy)
        try:
            cached = py_compile.compile(copy, None, f"/tmp/pip-target-ab12cd34/lib/python/{name}", True, quiet=2)
        except Exception:
            cached = None
        if not cached:
            os.unlink(copy)
            continue
        rows[count % 21] += [f"{name},,\n", f"{os.path.relpath(cached, directory)},,\n"]
        count += 1
        if count == int(wanted):
            break
    for number, lines in enumerate(rows):
        os.makedirs(f"{directory}/d{number}-1.0.dist-info")
        open(f"{directory}/d{number}-1.0.dist-info/RECORD", "w").write("".join(lines))


def reload(directory):
    """What one would do by hand: load, replace the name in every code object, dump, with a hash in the header."""
    import importlib.util
    import marshal
    import types

    def renamed(code, name):
        consts = tuple(renamed(c, name) if isinstance(c, types.CodeType) else c for c in code.co_consts)
        return code.replace(co_filename=name, co_consts=consts)

    for path in glob.glob(f"{directory}/**/*.pyc", recursive=True):
        source = importlib.util.source_from_cache(path)
        code = renamed(marshal.loads(open(path, "rb").read()[16:]), os.path.relpath(source, directory))
        head = importlib.util.MAGIC_NUMBER + (3).to_bytes(4, "little")
        head += importlib.util.source_hash(open(source, "rb").read())
        open(path, "wb").write(head + marshal.dumps(code))


def loaded(one, other):
    import marshal

    paths = sorted(os.path.relpath(p, one) for p in glob.glob(f"{one}/**/*.pyc", recursive=True))
    different = []
    for path in paths:
        first, second = (open(f"{d}/{path}", "rb").read() for d in (one, other))
        first_code, second_code = (marshal.dumps(marshal.loads(d[16:]), 2) for d in (first, second))
        # Version 2 has no references, so equal code gives equal bytes; nan is equal to itself there.
        if first[:16] != second[:16] or first_code != second_code:
            different.append(path)
    print(f"DIFFER: {', '.join(different)}" if different else f"agree: {len(paths)} files load the same")


# Standard library only, so no zstd: bzip2 and xz take the time that it saves.
ENCODERS = {"zlib": lambda data: zlib.compress(data, 6), "gzip": lambda data: gzip.compress(data, 6, mtime=0),
            "xz": lambda data: lzma.compress(data, preset=1), "bzip2": lambda data: bz2.compress(data, 1)}
DECODERS = {"zlib": zlib.decompress, "gzip": gzip.decompress, "xz": lzma.decompress, "bzip2": bz2.decompress}


def payloads(program, directory):
    images = shared_objects(program, 80_000_000, 20_000_000)
    data, rows, total = bytearray(open(images[-1], "rb").read()), [], 0
    for number, path in enumerate(images):
        content = planted(open(path, "rb").read())
        # Deflate most, as wheels and applications do.
        name = ["zlib", "gzip", "zlib", "xz", "zlib", "gzip", "bzip2"][number % 7]
        packed = ENCODERS[name](content)
        rows.append(f"{len(data)} {len(packed)} {name}")
        data += packed
        total += len(content)
        if total > 60_000_000:
            break
    open(f"{directory}/payloads.so", "wb").write(data)
    open(f"{directory}/payloads.txt", "w").write("\n".join(rows))
    print(len(rows))


def unpacked(path):
    data, count = open(path, "rb").read(), 0
    for row in open(path[:-3] + ".txt").read().split("\n"):
        offset, size, name = row.split()
        count += DECODERS[name](data[int(offset):int(offset) + int(size)]).count(ROOT)
    print(count)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
