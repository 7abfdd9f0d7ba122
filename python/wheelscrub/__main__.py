"""`python -m wheelscrub`: becomes the program."""

from __future__ import annotations

import os
import sys

from ._find_bin import find_bin


def main() -> None:
    try:
        program = find_bin()
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
