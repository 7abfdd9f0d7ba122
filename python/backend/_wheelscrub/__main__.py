"""Builds the static programs and says where they are."""

import sys
from pathlib import Path

from . import programs
from .errors import CannotBuild

try:
    programs.platform_tag()
    root = Path(__file__).resolve().parents[3]
    for path in programs.build(root, programs.scratch(root)).values():
        print(path)
except CannotBuild as error:
    sys.exit(f"wheelscrub: {error}")
