"""Small files that ask for much, each in several sizes (SIZES=300,3000), given to every command: hostile.py PROGRAM [KIND...]

A run has 20 s of CPU and 600 MB of resident memory, and ends with 0, 1 or 2 (or 3, of key). The kernel's limit on CPU time only ends
what would never end; no figure of time decides anything else. Prints a line for each run that broke a promise and ends
with 1 if there is one."""
import bz2, io, lzma, marshal, os, resource, struct, sys, tempfile, zipfile, zlib

# A debug build needs longer: then SECONDS in the environment only ends what would never end.
SECONDS, KILOBYTES = int(os.environ.get("SECONDS", 20)), 600_000
ROOT = b"/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef/src/x.c\0"


def uleb(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def elf(sections, count=None, kind=3):
    """An ELF64 file with these sections: (name, type, flags, data, more fields)."""
    names, body, headers = bytearray(1), bytearray(), [bytes(64)]
    for name, sort, flags, data, more in sections + [(b".shstrtab", 3, 0, None, {})]:
        at = len(names)
        names += name + b"\0"
        data = bytes(names) if data is None else data
        headers.append(struct.pack("<IIQQQQIIQQ", at, sort, flags, 0, 64 + len(body), more.get("size", len(data)),
                                   more.get("link", 0), more.get("info", 0), 1, more.get("entry", 0)))
        body += data
    first = headers[0]
    if count is not None:
        first = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, count, len(headers) - 1, 0, 0, 0)
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, 62, 1, 0, 0, 64 + len(body), 0, 64, 56, 0, 64,
        0 if count is not None else len(headers), 0xFFFF if count is not None else len(headers) - 1)
    return head + body + first + b"".join(headers[1:])


def section(name, data, kind=1, flags=0, **more):
    return (name, kind, flags, data, more)


def many_sections(n):
    return elf([section(b".debug_str", ROOT) for _ in range(min(n, 60_000))])


def claimed_sections(n):
    return elf([section(b".debug_str", ROOT)], count=n << 24)


def same_sections(n):
    """Sections that all lie over the same bytes."""
    base = bytearray(elf([section(b".debug_str", ROOT * 20_000) for _ in range(1)]))
    (at,) = struct.unpack_from("<Q", base, 40)
    row = bytes(base[at + 64:at + 128])
    count = min(n, 60_000)
    table = bytes(base[at:at + 64]) + row * count + bytes(base[at + 128:at + 192])
    struct.pack_into("<HH", base, 60, count + 2, count + 1)
    return bytes(base[:at]) + table


def dwarf(abbreviations, info, **others):
    return elf([section(b".debug_abbrev", abbreviations), section(b".debug_info", info),
                section(b".debug_str", ROOT)] + [section(b"." + k.encode(), v) for k, v in others.items()])


def unit(body, version=4):
    body = struct.pack("<HIB", version, 0, 8) + body
    return struct.pack("<I", len(body)) + body


def deep_entries(n):
    table = uleb(1) + uleb(0x11) + b"\1" + uleb(3) + uleb(0x0E) + b"\0\0" + uleb(2) + uleb(0x0B) + b"\1\0\0\0"
    return dwarf(table, unit(uleb(1) + bytes(4) + uleb(2) * n))


def same_string(n):
    table = uleb(1) + uleb(0x11) + b"\1" + uleb(3) + uleb(0x0E) + b"\0\0" + uleb(2) + uleb(0x34) + b"\0" + uleb(3) + \
        uleb(0x0E) + b"\0\0\0"
    return dwarf(table, unit(uleb(1) + bytes(4) + (uleb(2) + bytes(4)) * n + b"\0"))


def wide_abbreviation(n):
    """One declaration with n attributes that take no byte, used n times."""
    table = uleb(1) + uleb(0x11) + b"\1" + (uleb(0x3F) + uleb(0x19)) * n + b"\0\0\0"
    return dwarf(table, unit(uleb(1) * n))


def lines(n):
    table = uleb(1) + uleb(0x11) + b"\0" + uleb(0x10) + uleb(0x17) + uleb(3) + uleb(0x0E) + b"\0\0\0"
    head = b"\1\1\1\xfb\x0e\x0d" + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
    # Five: entries of a format without fields take no byte.
    program = struct.pack("<HBBI", 5, 8, 0, len(head) + 4) + head + b"\0" + uleb(n << 32) + b"\0" + uleb(n << 32)
    return dwarf(table, unit(uleb(1) + bytes(8)), debug_line=struct.pack("<I", len(program)) + program)


def units_of_one_line_table(n):
    table = uleb(1) + uleb(0x11) + b"\0" + uleb(0x10) + uleb(0x17) + uleb(3) + uleb(0x0E) + b"\0\0\0"
    head = b"\1\1\1\xfb\x0e\x0d" + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + (b"/tmp/a\0" * n) + b"\0" + b"\0"
    program = struct.pack("<HI", 4, len(head)) + head
    return dwarf(table, unit(uleb(1) + bytes(8)) * n, debug_line=struct.pack("<I", len(program)) + program)


def compressed(kind, claimed, data):
    return elf([section(b".debug_str", struct.pack("<IIQQ", kind, 0, claimed, 1) + data, flags=0x800),
                section(b".debug_info", unit(b"\0"))])


def overlapping_abbreviations(n):
    """Units that each begin in another place of one table."""
    entry = [uleb(code) + uleb(0x34) + b"\0\0\0" for code in range(2, 20 * n)]
    table = uleb(1) + uleb(0x11) + b"\0" + uleb(3) + uleb(0x0E) + b"\0\0"
    places, at = [], len(table)
    for one in entry:
        places.append(at)
        at += len(one)
    units = unit(uleb(1) + bytes(4)) + b"".join(
        struct.pack("<IHIB", 7 + len(code), 4, places[i], 8) + code
        for i, code in ((i, uleb(i + 2)) for i in range(min(n, len(places)))))
    return dwarf(table + b"".join(entry) + b"\0", units)


def shared_abbreviations(n):
    """Units that each ask for the last entry of one long table, which libdwarf reads and keeps for each of them."""
    table = uleb(1) + uleb(0x11) + b"\0" + uleb(3) + uleb(0x0E) + b"\0\0"
    table += b"".join(uleb(code) + uleb(0x34) + b"\0" + uleb(0x3F) + uleb(0x19) + b"\0\0" for code in range(3, 3 + n))
    table += uleb(2) + uleb(0x11) + b"\0" + uleb(3) + uleb(0x0E) + b"\0\0\0"
    return dwarf(table, unit(uleb(2) + bytes(4)) * n)


def line_program(files, rows):
    table = uleb(1) + uleb(0x11) + b"\0" + uleb(0x10) + uleb(0x17) + uleb(3) + uleb(0x0E) + b"\0\0\0"
    head = b"\1\1\1\xfb\x0e\x0d" + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + b"\0" + files + b"\0"
    program = struct.pack("<HI", 4, len(head)) + head + b"\x20" * rows + b"\0\1\1"
    return dwarf(table, unit(uleb(1) + bytes(8)), debug_line=struct.pack("<I", len(program)) + program)


def many_files(n):
    """libdwarf counts from the first file to each."""
    return line_program(b"a\0\0\0\0" * n * 10, 1)


def many_rows(n):
    """libdwarf makes all rows at once."""
    return line_program(b"a\0\0\0\0", n * 400)


def nested_entries(n):
    """libdwarf passes over all entries below one to find the next."""
    table = uleb(1) + uleb(0x11) + b"\1" + uleb(3) + uleb(0x0E) + b"\0\0" + uleb(2) + uleb(0x0B) + b"\1\0\0\0"
    return dwarf(table, unit(uleb(1) + bytes(4) + uleb(2) * n + bytes(n + 1)))


def zlib_bomb(n):
    size = n << 14
    return compressed(1, size, zlib.compress(bytes(size), 9))


def zstd_bomb(n):
    size = n << 17
    block = struct.pack("<I", 1 << 1 | (128 << 10) << 3)[:3] + b"\0"
    last = struct.pack("<I", 1 | 1 << 1 | (128 << 10) << 3)[:3] + b"\0"
    return compressed(2, size, b"\x28\xb5\x2f\xfd\x00\xa8" + block * (n - 1) + last)


def many_bombs(n):
    size = 8 << 20
    data = struct.pack("<IIQQ", 1, 0, size, 1) + zlib.compress(bytes(size), 9)
    return elf([section(b".debug_info", unit(b"\0"))] + [section(b".debug_s%d" % i, data, flags=0x800) for i in range(min(n, 2000) // 10)])


def mini_debug_info(n):
    return elf([section(b".gnu_debugdata", lzma.compress(elf([section(b".symtab", bytes(n << 12))]), preset=6))])


def symbols(n):
    return elf([section(b".strtab", b"\0" + b"a" * n * 10), section(
        b".symtab", struct.pack("<IBBHQQ", 1, 0, 0, 1, 0, 0) * n, kind=2, link=1, entry=24)])


def groups(n):
    return elf([section(b".group", struct.pack("<I", 1) * n, kind=17, link=1, info=1, entry=4) for _ in range(50)])


def relocations(n):
    return elf([section(b".text", bytes(64), flags=6), section(
        b".rela.text", struct.pack("<QQq", 0, 1 << 32 | 1, -1) * n, kind=4, link=2, info=1, entry=24)], kind=1)


def versions(n):
    one = struct.pack("<HHIII", 1, 1, 0, 0, 0)
    return elf([section(b".dynstr", ROOT), section(b".gnu.version_r", one * n, kind=0x6FFFFFFE, link=1, info=0x7FFFFFFF)])


def notes(n):
    return elf([section(b".note.x", struct.pack("<III", 0, 0, 0) * n, kind=7, flags=2)])


def header(name, size):
    return b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"644", size)


def archive_names(n):
    return b"!<arch>\n" + header(b"//", 10 * n) + b"a" * 10 * n + header(b"/0", 0) * n


def archive_empty(n):
    return b"!<arch>\n" + header(b"a/", 0) * n


def archive_same(n):
    one = elf([section(b".debug_str", ROOT)], kind=1)
    return b"!<arch>\n" + (header(b"a.o/", len(one)) + one + b"\n" * (len(one) & 1)) * (n // 20)


def universal(n):
    return struct.pack(">II", 0xCAFEBABE, min(n, 0xFFFF) << 16) + struct.pack(">IIIII", 0x0100000C, 0, 4096, 100, 12) * n


def load_commands(n):
    body = struct.pack("<II", 0x2A, 8) * n
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 6, n, len(body), 0, 0) + body


def load_segments(n):
    one = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__TEXT", 0, 1 << 40, 0, n * 72 + 32, 5, 5, 0, 0)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 6, n, len(one) * n, 0, 0) + one * n


def signature(n):
    code = struct.pack(">IIIIIIIIIBBBBI", 0xFADE0C02, 48 + n, 0x20400, 2, 44, 44, 0, 0x7FFFFFFF, 0x7FFFFFFF, 32, 2, 0, 0, 0)
    blob = struct.pack(">III", 0xFADE0CC0, 12 + 8 * n + len(code), n) + struct.pack(">II", 0, 12 + 8 * n) * n + code
    command = struct.pack("<IIII", 0x1D, 16, 48, len(blob))
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 6, 1, 16, 0, 0) + command + blob


def bytecode(data):
    import importlib.util
    return importlib.util.MAGIC_NUMBER + bytes(12) + data


def claimed_tuple(n):
    return bytecode(b"(" + struct.pack("<I", 0x7FFFFFFF) + b"N" * n)


def nested_tuples(n):
    return bytecode(b")\1" * n + b"N")


def references(n):
    """Each tuple holds the one before it twice."""
    data = b"N"
    depth = min(n // 500, 900)
    for i in range(depth):
        data = bytes([0x80 | ord(")"), 2]) + data + b"r" + struct.pack("<I", max(depth - i, 0))
    return bytecode(data)


def wide_references(n):
    return bytecode(b"(" + struct.pack("<I", n + 1) + b"\xfa\1a" + (b"r" + bytes(4)) * n)


def wheel_overlapping(n):
    """Directory entries that all lie over one member."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = bytes(n << 10)
    data = kernel.compress(plain) + kernel.flush()
    crc = zlib.crc32(plain)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x21, crc, len(data), len(plain), 4, 0) + b"a.so"
    row = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x21, crc, len(data), len(plain), 8, 0, 0, 0, 0, 0, 0)
    count = min(n, 65_000)
    rows = b"".join(row + b"%08d" % i for i in range(count))
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(rows), len(local + data), 0)
    return local + data + rows + end


def wheel(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def wheel_zeros(n):
    return wheel([("a/x.so", elf([section(b".debug_str", bytes(n << 13))])), ("a-1.dist-info/RECORD", b"a/x.so,,\n")])


def wheel_empty(n):
    return wheel([("a/%d.so" % i, b"") for i in range(min(n, 60_000))])


def wheel_record(n):
    return wheel([("a-1.dist-info/RECORD", b"a/x.so,,\n" * n * 100)])


def payload_zeros(n):
    return elf([section(b".rodata", b"".join(zlib.compress(bytes(n << 10), 9) for _ in range(20)), flags=2)])


def payload_zips(n):
    inner = wheel([("x/%d.py" % i, b"/tmp/pip-wheel-ab12cd34/x\n" * 10) for i in range(min(n // 10, 5000))])
    return elf([section(b".rodata", inner, flags=2)])


def payload_heads(n):
    head = b"\x78\x9c\x1f\x8b\x08\0" + b"BZh9" + b"\xfd7zXZ\0" + b"\x28\xb5\x2f\xfd" + b"PK\3\4" + b"\x04\x22\x4d\x18"
    return elf([section(b".rodata", head * n, flags=2)])


def payload_nested(n):
    data = ROOT * 10
    for _ in range(min(n // 100, 500)):
        data = bz2.compress(data)
    return elf([section(b".rodata", data, flags=2)])


def text_roots(n):
    return elf([section(b".rodata", b"/tmp/pip-wheel-ab12cd34/" * n, flags=2)])


def text_random(n):
    return elf([section(b".rodata", b"".join(b"/tmp/tmp%06dab/x.c\0" % i for i in range(n)), flags=2)])


def root(i):
    """A root of its own for each number."""
    return b"/tmp/pip-install-%08x/name_%032x/f.c\0" % (i * 2654435761 & 0xFFFFFFFF, i * 0x9E3779B97F4A7C15F39CC0605CEDC835 & (1 << 128) - 1)


def dense_roots(n):
    return elf([section(b".rodata", b"".join(map(root, range(n))), flags=2)])


def dense_strings(n):
    """The same in a string table that libdwarf reads as well."""
    table = uleb(1) + uleb(0x11) + b"\1" + uleb(3) + uleb(0x0E) + b"\0\0" + uleb(2) + uleb(0x34) + b"\0" + uleb(3) + \
        uleb(0x0E) + b"\0\0\0"
    strings = [root(i) for i in range(n)]
    info, at = [uleb(1) + bytes(4)], 0
    for one in strings:
        info.append(uleb(2) + struct.pack("<I", at))
        at += len(one)
    return elf([section(b".debug_abbrev", table), section(b".debug_info", unit(b"".join(info) + b"\0")),
                section(b".debug_str", b"".join(strings))])


def wheel_dense(n):
    return wheel([("a/x.so", dense_roots(n)), ("a/y.so", dense_strings(n // 3)), ("a-1.dist-info/RECORD", b"")])


def roots_and_sections(n):
    return elf([section(b".d%d" % i, root(i), flags=2) for i in range(min(n, 60_000))])


def roots_and_symbols(n):
    symbols = b"".join(struct.pack("<IBBHQQ", 1, 0, 0, 1, i, 1) for i in range(10 * n))
    return elf([section(b".strtab", b"\0s\0"), section(b".symtab", symbols, kind=2, link=1, entry=24),
                section(b".rodata", b"".join(map(root, range(n))), flags=2)])


def roots_and_segments(n):
    base = bytearray(elf([section(b".rodata", b"".join(map(root, range(n // 10))), flags=2)]))
    count = min(2 * n, 65_000)
    rows = b"".join(struct.pack("<IIQQQQQQ", 1, 4, i * 40, 4096 + i * 40, 4096 + i * 40, 8, 8, 1) for i in range(count))
    struct.pack_into("<Q", base, 32, len(base))
    struct.pack_into("<HH", base, 54, 56, count)
    return bytes(base + rows + bytes(count * 40))


def record_rows(n):
    rows = "".join("a/%d.so,sha256=%043d,%d\n" % (i, i, i) for i in range(10 * n))
    return wheel([("a/x.so", b""), ("a-1.dist-info/RECORD", rows.encode())])


def wheel_case(n):
    """Names that differ only in case."""
    def name(i):
        return "".join(c.upper() if i >> k & 1 else c for k, c in enumerate("abcdefghijklmnopq"))
    return wheel([("p/%s.so" % name(i), b"") for i in range(min(2 * n, 60_000))])


def wheel_notes(n):
    """A text that is made by tools, with a root in each line."""
    lines = b"".join(b'"%s"\n' % root(i)[:-1] for i in range(n))
    return wheel([("a-1.dist-info/sboms/x.cyclonedx.json", lines), ("a-1.dist-info/RECORD", b"")])


def wide_roots(n):
    return elf([section(b".rodata", root(1)[:-1].decode().encode("utf-16-le") * n, flags=2)])


def blocks(n):
    """What leads on and on as sequences of LZ4 do."""
    return elf([section(b".rodata", (b"\xff" * 4000 + root(1)) * (n // 20), flags=2)])


NAMES = {"bytecode": "x.pyc", "wheel": "a-1-py3-none-any.whl", "record": "a-1-py3-none-any.whl", "archive": "x.a", "claimed_tuple": "x.pyc",
         "nested": "x.pyc", "references": "x.pyc", "wide_references": "x.pyc"}
KINDS = [many_sections, claimed_sections, same_sections, deep_entries, same_string, wide_abbreviation, lines,
         units_of_one_line_table, zlib_bomb, zstd_bomb, many_bombs, mini_debug_info, symbols, groups, relocations,
         versions, notes, archive_names, archive_empty, archive_same, universal, load_commands, load_segments, signature,
         claimed_tuple, nested_tuples, references, wide_references, wheel_overlapping, wheel_zeros, wheel_empty,
         wheel_record, overlapping_abbreviations, shared_abbreviations, many_files, many_rows, nested_entries, dense_roots,
         dense_strings, wheel_dense, roots_and_sections, roots_and_symbols, roots_and_segments, record_rows, wheel_case,
         wheel_notes, wide_roots, blocks, payload_zeros, payload_zips, payload_heads, payload_nested, text_roots, text_random]
SIZES = [int(n) for n in os.environ.get("SIZES", "300,3000,30000").split(",")]
COMMANDS = ["check", "fix", "fix --verify full", "key", "key --level full", "diff", "verify"]


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Far above what may be resident: it only keeps the machine alive.
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def run(words, log):
    child = os.fork()
    if child == 0:
        limit()
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0), os.dup2(null, 1), os.dup2(log, 2)
        os.execv(words[0], words)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss, usage.ru_utime + usage.ru_stime


def main():
    program, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    broken = runs = 0
    for kind in KINDS:
        if wanted and kind.__name__ not in wanted:
            continue
        name = next((v for k, v in NAMES.items() if kind.__name__.startswith(k)), "x.so")
        for size in SIZES:
            with tempfile.TemporaryDirectory() as directory, open(directory + "/log", "w+") as log:
                path = os.path.join(directory, name)
                with open(path, "wb") as file:
                    file.write(kind(size))
                for command in COMMANDS:
                    words = [program] + command.split() + ([] if command == "verify" else ["--isolated"])
                    if command == "diff":
                        # Equal files need no look.
                        with open(path + ".2", "wb") as file:
                            file.write(kind(size - 1))
                    words += [path] + ([path + ".2"] if command == "diff" else [])
                    if command.startswith("fix"):
                        words += ["-w", directory + "/out"]
                        os.makedirs(directory + "/out", exist_ok=True)
                    code, memory, seconds = run(words, log.fileno())
                    runs += 1
                    # 3 of key: the hash of the bytes instead of a key.
                    bad = code not in ((0, 1, 2, 3) if command.startswith("key") else (0, 1, 2)) or memory > KILOBYTES
                    if bad or os.environ.get("VERBOSE"):
                        print(f"{'BROKEN' if bad else 'ok'} {kind.__name__} {size} {command}: exit {code}, "
                              f"{memory // 1000} MB, {seconds:.1f} s, {os.path.getsize(path)} bytes", flush=True)
                    broken += bad
    print(f"{runs} runs, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
