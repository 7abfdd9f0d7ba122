"""Recomputes from an original, what fix made of it and `fix --report` that the report names every byte that differs.

    check_ranges.py REPORT ORIGINAL.whl FIXED.whl [exact]

Of the wheel and of each member: bytes that no range or change names are the same at the same offset; a range that kept
its place holds a byte that differs. With `exact`, where roots were only replaced in place, ranges and roots name the
bytes that differ and no section as a whole. Prints one line a fault; the exit code says whether there was one.
"""

import json, sys, zipfile


def name_all(entries, old, new, what, exact):
    named = bytearray(len(new))
    for entry in entries:
        if entry["new"] is None:
            continue
        start, length = entry["new"]["offset"], entry["new"]["length"]
        named[start:start + length] = b"\1" * length
        if entry["old"] == entry["new"] and old[start:start + length] == new[start:start + length]:
            yield f"{what}: nothing differs in {entry}"
        if entry.get("kind") == "string":
            text = new[start:start + length].decode("utf-8", "replace")
            before = old[entry["old"]["offset"]:][:entry["old"]["length"]].decode("utf-8", "replace")
            if text not in entry["after"] or before not in entry["before"] or not entry["rule"]:
                yield f"{what}: {entry} is not what stands there"
        if exact and entry.get("reason") not in (None, "seal") and "kind" not in entry:
            yield f"{what}: {entry} is more than was edited"
    for offset in range(len(new)):
        if not named[offset] and (offset >= len(old) or old[offset] != new[offset]):
            yield f"{what}: 0x{offset:x} differs, and nobody says so"
            return


def main():
    report, original, fixed = sys.argv[1:4]
    exact = "exact" in sys.argv[4:]
    with open(report, encoding="utf-8") as file:
        entry = json.load(file)["files"][0]
    entries = entry["changes"] + entry["ranges"]
    by_member = {}
    for one in entries:
        by_member.setdefault(one["member"], []).append(one)
    faults = []
    with open(original, "rb") as one, open(fixed, "rb") as other:
        faults += name_all(by_member.get(None, []), one.read(), other.read(), "wheel", False)
    edited = 0
    with zipfile.ZipFile(original) as one, zipfile.ZipFile(fixed) as other:
        for name in one.namelist():
            old, new = one.read(name), other.read(name)
            if name.endswith(".dist-info/RECORD") or old == new:
                continue
            faults += name_all(by_member.get(name, []), old, new, name, exact)
            edited += 1
    if not edited:
        faults.append("no member was edited")
    print("\n".join(faults))
    sys.exit(bool(faults))


main()
