"""Prints where objdump sees 32-bit displacements in x86-64 code that count from the end of their instruction: the
addresses of the displacements, in hexadecimal.

usage: code_references.py MODULE
"""

import re
import subprocess
import sys


def main():
    listing = subprocess.Popen(
        ["objdump", "-d", "-w", "-M", "intel", sys.argv[1]], stdout=subprocess.PIPE, text=True, errors="replace")
    for line in listing.stdout:
        match = re.match(r"\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t.*\[[re]ip[+-]0x[0-9a-f]+\].*# (?:0x)?([0-9a-f]+)", line)
        if not match:
            continue
        start, code, target = int(match[1], 16), bytes.fromhex(match[2]), int(match[3], 16)
        distance = (target - start - len(code) & 0xFFFFFFFF).to_bytes(4, "little")
        for at in range(len(code) - 4, 1, -1):
            if code[at : at + 4] == distance and code[at - 1] & 0xC7 == 5:
                print(f"{start + at:x}")
                break
        else:
            sys.exit(f"no displacement: {line}")
    sys.exit(listing.wait())


main()
