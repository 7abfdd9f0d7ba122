"""The distribution's metadata, as pyproject.toml has it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from . import linked

# A zip has no earlier time.
EARLIEST = 315532800


def epoch() -> int:
    """SOURCE_DATE_EPOCH, or the first time that a zip can say. Seconds since 1970, in UTC."""
    return max(int(os.environ.get("SOURCE_DATE_EPOCH", EARLIEST)), EARLIEST)


def zip_time() -> tuple[int, ...]:
    return time.gmtime(epoch())[:6]


def _value(root: Path, key: str) -> str:
    # Python 3.9 has no tomllib, and the file is ours.
    found = re.search(rf'^{key} = "(.*)"$', (root / "pyproject.toml").read_text(), re.MULTILINE)
    assert found, key
    return found[1]


def _list(root: Path, key: str) -> list[str]:
    found = re.search(rf"^{key} = \[(.*?)\]$", (root / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL)
    assert found, key
    return re.findall(r'"(.*?)"', found[1])


def _table(root: Path, name: str) -> list[tuple[str, str]]:
    """Keys and values of a table of pyproject.toml: a string, or the lines of a list."""
    text = (root / "pyproject.toml").read_text() + "\n["
    found = re.search(rf"^\[{re.escape(name)}\]$(.*?)(?=^\[)", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return re.findall(r'^([\w-]+) = (".*"|\[.*?^\])$', found[1], re.MULTILINE | re.DOTALL)


def entry_points(root: Path) -> str:
    """The console scripts, as the specification of entry points has them."""
    return "[console_scripts]\n" + "".join(f"{name} = {value[1:-1]}\n" for name, value in _table(root, "project.scripts"))


def _extras(root: Path) -> list[str]:
    lines = []
    for extra, value in _table(root, "project.optional-dependencies"):
        lines.append(f"Provides-Extra: {extra}")
        for requirement in re.findall(r'^\s+"(.*)",$', value, re.MULTILINE):
            needed, _, marker = requirement.partition("; ")
            condition = f'{marker} and extra == "{extra}"' if marker else f'extra == "{extra}"'
            lines.append(f"Requires-Dist: {needed}; {condition}")
    return lines


def version(root: Path) -> str:
    return _value(root, "version")


def commit(root: Path) -> str:
    """The commit that is built, shortened; of an sdist, the one it was made from. Empty where nobody knows."""
    if (root / "COMMIT").is_file():
        return (root / "COMMIT").read_text().strip()
    command = ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def sources(root: Path) -> list[str]:
    """What an sdist holds: what git knows, or all of an unpacked sdist."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not path.is_dir() or path.is_symlink()
            if not any(part.startswith(".build") or part == "__pycache__" for part in path.relative_to(root).parts)
        ]
    return sorted(name for name in names if name and os.path.lexists(root / name) and not name.startswith("dist/"))


def description(root: Path) -> str:
    """README as an index shows it: links into the repository, which lead nowhere there, become the names of the files."""

    def plain(link: re.Match[str]) -> str:
        label, target = link[1], link[2].partition("#")[0]
        return label if label == target else f"{label} (`{target}`)"

    return re.sub(r"\[([^\[\]]*)\]\((?![a-z]+:)([^()\s]+)\)", plain, (root / "README.md").read_text())


def text(root: Path, licenses: list[str] | None = None) -> str:
    """METADATA, with the files of licences below dist-info/licenses; PKG-INFO without them."""
    dynamic = [] if licenses else ["Dynamic: License-Expression", "Dynamic: License-File"]
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {_value(root, 'name')}",
        f"Version: {version(root)}",
        *dynamic,
        f"Summary: {_value(root, 'description')}",
        f"Keywords: {','.join(_list(root, 'keywords'))}",
        # A wheel holds more than our sources.
        f"License-Expression: {linked.expression() if licenses else linked.OWN_LICENSE}",
        *(f"License-File: {name}" for name in licenses or ["LICENSE"]),
        *(f"Classifier: {name}" for name in _list(root, "classifiers")),
        f"Requires-Python: {_value(root, 'requires-python')}",
        *_extras(root),
        "Description-Content-Type: text/markdown",
        "",
        description(root),
    ]
    return "\n".join(lines)
