"""wheelscrub makes native Python extensions independent of the directory they were built in.

The functions are the commands of the program, and their options are its options, with `_` for `-`:

>>> import wheelscrub
>>> report = wheelscrub.check("dist/demo-1.0-py3-none-any.whl", isolated=True)
>>> for finding in report.findings:
...     print(finding.code, finding.root)
BP102 /tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef
"""

from __future__ import annotations

from typing import Any, Iterator, Type, TypeVar

from ._find_bin import find_bin
from ._report import (
    BytecodeDifference, Change, Consequence, Difference, Differences, Error, File, Finding, Key, Note, Report,
    Statistic, Summary, Verdict, Verification, build,
)
from ._run import FileError, Option, Path, Paths, UsageError, WheelscrubError, lines, report, run

__all__ = [
    "BytecodeDifference", "Change", "Consequence", "Difference", "Differences", "Error", "File", "FileError",
    "Finding", "Key", "Note", "Option", "Report", "Statistic", "Summary", "UsageError", "Verdict", "Verification",
    "WheelscrubError", "check", "diff", "find_bin", "fix", "iter_check", "iter_fix", "iter_key", "key", "run",
    "verify",
]

_T = TypeVar("_T", Report, Verification, Differences)


def check(paths: Paths, *, strict: bool = True, **options: Option) -> Report:
    """Looks for random build directories in wheels, images and trees.

    - paths: one path or several.
    - strict: whether a file that cannot be read or understood raises FileError; without it such errors stand in the
      report.
    - options: those of `wheelscrub check`: `select=["BP1"]`, `map={"/home/me/x": "/build/x"}`, `isolated=True`.
    """
    return _checked(_whole(Report, "check", paths, options), strict)


def fix(paths: Paths, *, strict: bool = True, **options: Option) -> Report:
    """Makes them the same wherever they were built: `wheel_dir="fixed"` or `in_place=True` says where results go."""
    return _checked(_whole(Report, "fix", paths, options), strict)


def key(paths: Paths, *, strict: bool = True, **options: Option) -> tuple[Key, ...]:
    """Digests that do not depend on the directory, in the order of the paths: `level="runtime"` for what is loaded."""
    keys = tuple(build(Key, one) for one in report("key", paths, options)["keys"])
    errors = [error for one in keys for error in one.errors]
    if strict and errors:
        raise FileError(errors, keys)
    return keys


def diff(first: Path, second: Path, *, strict: bool = True, **options: Option) -> Differences:
    """Says in what two files or trees differ, why, and whether `fix` removes it."""
    return _checked(_whole(Differences, "diff", [first, second], options), strict)


def verify(paths: Paths, *, strict: bool = True, **options: Option) -> Verification:
    """Compares installed files with RECORD, and bytecode with what its source compiles to."""
    value = report("verify", paths, options, stdin=b"")
    value["exit_code"] = value["summary"]["exit_code"]
    return _checked(build(Verification, value), strict)


def iter_check(paths: Paths, *, strict: bool = True, **options: Option) -> Iterator[File]:
    """As `check`, file by file, each as soon as it is done. With strict, FileError comes when all others are."""
    return _files("check", paths, options, strict)


def iter_fix(paths: Paths, *, strict: bool = True, **options: Option) -> Iterator[File]:
    """As `fix`, file by file."""
    return _files("fix", paths, options, strict)


def iter_key(paths: Paths, *, strict: bool = True, **options: Option) -> Iterator[Key]:
    """As `key`, file by file."""
    errors: list[Error] = []
    for line in lines("key", paths, options):
        if line.get("type") == "key":
            one = build(Key, line)
            errors += one.errors
            yield one
    if strict and errors:
        raise FileError(errors, None)


def _whole(cls: Type[_T], command: str, paths: Paths, options: dict[str, Option]) -> _T:
    return build(cls, report(command, paths, options))


def _checked(result: _T, strict: bool) -> _T:
    errors = result.all_errors if isinstance(result, Report) else result.errors
    if strict and errors:
        raise FileError(errors, result)
    return result


def _files(command: str, paths: Paths, options: dict[str, Option], strict: bool) -> Iterator[File]:
    parts = {"finding": "findings", "note": "notes", "change": "changes", "error": "errors"}
    current: dict[str, Any] | None = None
    failed: list[dict[str, Any]] = []
    for line in lines(command, paths, options):
        kind = line.get("type")
        if kind in ("file", "summary") and current is not None:
            yield build(File, current)
            current = None
        if kind == "file":
            current = {**line, "findings": [], "notes": [], "changes": [], "errors": []}
        elif kind in parts:
            if current is not None and line["path"] == current["path"]:
                current[parts[kind]].append(line)
            if kind == "error":
                failed.append(line)
    if strict and failed:
        raise FileError([build(Error, one) for one in failed], None)
