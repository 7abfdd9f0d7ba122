"""The tables that tests of sweeps compare."""

from __future__ import annotations

import pathlib
from typing import Any

import wheelscrub
from wheelscrub.sweep.settings import Settings, fingerprint, program_version, rules
from wheelscrub.sweep.store import Store

Row = tuple[Any, ...]
FIELDS = ("code", "rule", "member", "section", "offset", "root", "text", "message", "replacement", "fixable", "fate")

#: Pauses take no time.
SETTINGS = Settings(backoff=0)


def store(directory: pathlib.Path, settings: Settings = SETTINGS, resume: bool = False) -> Store:
    made = Store(directory)
    made.begin({"fingerprint": fingerprint(settings), "version": program_version()}, rules(), resume)
    return made


def swept(made: Store) -> tuple[list[Row], dict[str, Row]]:
    """Findings, and by name: keys and errors. No artifact may have two rows."""
    artifacts, findings = (table.to_pylist() for table in made.tables())
    names = [row["name"] for row in artifacts]
    assert len(names) == len(set(names))
    return (
        sorted(((row["name"], *(row[field] for field in FIELDS)) for row in findings), key=repr),
        {
            row["name"]: (row["key_full"], row["key_runtime"], {(one["member"], one["message"]) for one in row["errors"]})
            for row in artifacts
        },
    )


def checked(directory: pathlib.Path) -> tuple[list[Row], dict[str, Row]]:
    """The same, as the program says it of all files at once."""
    paths = sorted(directory.glob("*.whl"))
    report = wheelscrub.check(paths, strict=False, isolated=True)
    findings = [
        (pathlib.Path(file.path).name, *(getattr(one, field) for field in FIELDS))
        for file in report.files for one in file.findings
    ]
    errors: dict[str, set[Row]] = {path.name: set() for path in paths}
    for error in report.all_errors:
        errors[pathlib.Path(error.path).name].add((error.member, error.message))
    keys: dict[str, list[Any]] = {path.name: [] for path in paths}
    for level in ("full", "runtime"):
        for key in wheelscrub.key(paths, strict=False, isolated=True, canonical=True, level=level):
            keys[pathlib.Path(key.path).name].append(key.key)
            errors[pathlib.Path(key.path).name] |= {(error.member, error.message) for error in key.errors}
    return sorted(findings, key=repr), {name: (*keys[name], errors[name]) for name in keys}
