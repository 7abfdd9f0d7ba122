"""Compares the Mach-O members of a wheel with those of the fixed one: only planned edits and seals may differ.

usage: compare_images.py ORIGINAL FIXED

One line a problem; exit 1 if there is one. On success a line that counts what was compared.
"""

import re
import sys
import zipfile

import leaks
import macho

LINKEDIT = b"__LINKEDIT"


def differences(before, after, start, end):
    """Offsets of the bytes that differ, fast where few do."""
    for at in range(start, end, 4096):
        stop = min(at + 4096, end)
        if before[at:stop] != after[at:stop]:
            yield from (index for index in range(at, stop) if before[index] != after[index])


def run(data, at):
    """The printable text around a byte, without spaces and quotes: where a path can reach."""
    text = re.compile(rb"[^\x00-\x20\x7f-\xff\"']")
    start, end = at, at
    while start > 0 and text.match(data, start - 1):
        start -= 1
    while end < len(data) and text.match(data, end):
        end += 1
    return start, end


def compare_bytes(before, after, start, end, what):
    """Bytes that keep their place: equal, or text with a root that became a stable one of the same length."""
    checked = 0
    for at in differences(before, after, start, end):
        if at < checked:
            continue
        first, last = run(before, at)
        if last <= at or not leaks.scrubbed(before[first:last], after[first:last]):
            yield "%s: byte %#x: %r became %r" % (what, at, before[first : last + 1], after[first : last + 1])
            return
        checked = last


def compare_commands(before, after):
    # Fields of seals and of what may move: by command, ranges of bytes that are looked at elsewhere.
    for old, new in zip(before.commands, after.commands):
        if (old.kind, old.offset, old.size) != (new.kind, new.offset, new.size):
            yield "load command at %#x is another one" % old.offset
            return
        a = bytearray(before.data[old.offset : old.offset + old.size])
        b = bytearray(after.data[new.offset : new.offset + new.size])
        masked = {macho.UUID: (8, 24), macho.SYMTAB: (20, 24), macho.SIGNATURE: (8, 16)}.get(old.kind)
        ranges = [masked] if masked else []
        if old.kind in (0x1, 0x19) and a[8:18] == LINKEDIT:
            # vmsize and filesize.
            ranges = [(32, 40), (48, 56)] if before.is64 else [(28, 32), (36, 40)]
        for start, end in ranges:
            a[start:end] = b[start:end]
        yield from compare_bytes(bytes(a), bytes(b), 0, len(a), "load command %x" % old.kind)


def compare_symbols(before, after):
    old, new = list(before.symbols()), list(after.symbols())
    if len(old) != len(new):
        yield "%d symbols became %d" % (len(old), len(new))
        return
    for (at, name, kind, section, description, value), other in zip(old, new):
        if other[2:5] != (kind, section, description):
            yield "symbol at %#x is another one" % at
        if other[5] != value and not (kind in macho.STAB_TIMES and other[5] == 0):
            yield "symbol %r: value %#x became %#x" % (name, value, other[5])
        if not leaks.scrubbed(name, other[1]):
            yield "symbol %r became %r" % (name, other[1])


def compare_slices(before, after):
    if len(before.commands) != len(after.commands) or before.data[:32] != after.data[:32]:
        yield "another header"
        return
    yield from compare_commands(before, after)
    yield from compare_symbols(before, after)
    symbols, count, strings, size = before.symbol_table
    if after.symbol_table[:3] != (symbols, count, strings):
        yield "the symbol table moved"
    symbols_end = symbols + count * before.symbol_size
    first, last = sorted([(symbols, symbols_end), (strings, strings + size)])
    signature = before.signature
    end = signature[0] if signature else len(before.data)
    yield from compare_bytes(before.data, after.data, before.commands_end, first[0], "contents")
    yield from compare_bytes(before.data, after.data, first[1], last[0], "between symbols and strings")
    if any(before.data[last[1] : end]):
        # Something follows the strings: nothing may have moved.
        yield from compare_bytes(before.data, after.data, last[1], end, "behind the strings")
    if bool(signature) != bool(after.signature):
        yield "signed is %s, was %s" % (bool(after.signature), bool(signature))
    stop = after.signature[0] if after.signature else len(after.data)
    if strings == last[0] and not any(before.data[last[1] : end]) and any(after.data[strings + after.symbol_table[3] : stop]):
        yield "something new behind the strings"
    if before.uuid and before.uuid[1] == after.uuid[1]:
        yield "the UUID stayed"
    if before.uuid and (after.uuid[1][6] >> 4 not in range(1, 9) or after.uuid[1][8] >> 6 != 2):
        yield "no UUID as RFC 4122 has them: %s" % after.uuid[1].hex()
    if after.signature:
        start, end = after.slack()
        if any(after.data[start:end]):
            yield "%d bytes behind the signature are not zero" % (end - start)


def compare_images(before, after):
    old, new = macho.slices(before), macho.slices(after)
    if [part.cpu for part in old] != [part.cpu for part in new]:
        yield "other architectures"
        return
    changed = [a.data != b.data for a, b in zip(old, new)]
    for number, (a, b) in enumerate(zip(old, new)):
        if changed[number]:
            for problem in compare_slices(a, b):
                yield "slice %d: %s" % (number, problem)
    if len(old) > 1 or bytes(before[:4]) == b"\xca\xfe\xba\xbe":
        end = 8 + 20 * len(new)
        for a, b in zip(old, new):
            alignment = a.start & -a.start
            if b.start < end or b.start % min(alignment, 1 << 12) or any(after[end : b.start]):
                yield "a slice at %#x behind %#x" % (b.start, end)
            end = b.start + b.size
        if end != len(after):
            yield "something behind the last slice"
    # What a name still says.
    found = leaks.TOKEN.search(after)
    if found:
        yield "left: %r" % found.group()


def problems(original, fixed):
    compared = 0
    with zipfile.ZipFile(original) as a, zipfile.ZipFile(fixed) as b:
        if a.namelist() != b.namelist():
            yield "other members"
            return
        for name in a.namelist():
            before, after = a.read(name), b.read(name)
            if before == after:
                continue
            if name.endswith(".dist-info/RECORD"):
                continue
            if not macho.is_image(before):
                # Text that a build writes says the same but for its paths, so it has as many lines.
                generated = re.search(r"__config__\.py$|_sysconfigdata.*\.py$|/sboms/|\.(pc|cmake|la)$", name)
                if not generated or before.count(b"\n") != after.count(b"\n"):
                    yield "%s was changed and is no image" % name
                continue
            compared += 1
            for problem in compare_images(before, after):
                yield "%s: %s" % (name, problem)
    if not compared:
        yield "no image was changed"
    else:
        print("%d images compared" % compared, file=sys.stderr)


if __name__ == "__main__":
    found = list(problems(sys.argv[1], sys.argv[2]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
