"""What wheelscrub says, as `schemas/report.schema.json` has it: one frozen class for each of its definitions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Type, TypeVar, Union, cast, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Finding:
    """A path, or another thing that a rule objects to, and what `fix` makes of it."""

    code: str
    rule: str
    #: `warning` or `error`.
    severity: str
    origin: str
    member: Optional[str]
    section: Optional[str]
    #: Bytes from the start of the section where there is one, else of the member or file.
    offset: Optional[int]
    position: Optional[str]
    root: Optional[str]
    text: Optional[str]
    root_offset: Optional[int]
    context: Optional[str]
    replacement: Optional[str]
    message: Optional[str]
    claimed: Optional[str]
    actual: Optional[str]
    fixable: bool
    #: `rebuilt`, `in-place`, `removed`, `renamed`, `rewritten`, `corrected` or `left`.
    fate: str
    #: Why it stays; None where it does not.
    reason: Optional[str]
    help: str
    documentation: str


@dataclass(frozen=True)
class Note:
    """What is no finding and no error, and yet good to know."""

    member: Optional[str]
    section: Optional[str]
    offset: Optional[int]
    position: Optional[str]
    message: str


@dataclass(frozen=True)
class Change:
    """What `fix` changes beside the paths themselves, or made of them. Which fields it has depends on its kind."""

    member: Optional[str]
    section: Optional[str]
    offset: Optional[int]
    position: Optional[str]
    kind: str
    before: Optional[str] = None
    after: Optional[str] = None
    strings: Optional[int] = None
    aspect: Optional[str] = None
    count: Optional[int] = None
    stabs: Optional[int] = None
    old_size: Optional[int] = None
    new_size: Optional[int] = None
    size: Optional[int] = None


@dataclass(frozen=True)
class Error:
    """Why a file or member was not understood, read or written, and where."""

    path: str
    member: Optional[str]
    section: Optional[str]
    offset: Optional[int]
    position: Optional[str]
    message: str

    def __str__(self) -> str:
        place = self.path + (f"!{self.member}" if self.member else "")
        return f"{place}: {self.position}: {self.message}" if self.position else f"{place}: {self.message}"


@dataclass(frozen=True)
class File:
    """One file and all that is said of it."""

    path: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    errors: tuple[Error, ...] = ()
    #: Where the result was written; None where nothing was.
    written_to: Optional[str] = None


@dataclass(frozen=True)
class Statistic:
    """How often a rule objects."""

    code: str
    rule: str
    count: int
    fixable: int


@dataclass(frozen=True)
class Summary:
    """The run in numbers."""

    files: int
    files_with_findings: int
    findings: int
    fixable: int
    unfixable: int
    changed: int
    failed: int
    #: 0 clean, 1 findings that stay, 2 errors.
    exit_code: int


@dataclass(frozen=True)
class Report:
    """What `check` and `fix` found."""

    command: str
    #: Whether the run writes results.
    writes: bool
    #: The file whose settings were obeyed.
    configuration: Optional[str]
    files: tuple[File, ...]
    #: Errors of files that have no entry in `files`.
    errors: tuple[Error, ...]
    statistics: tuple[Statistic, ...]
    summary: Summary

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of all files."""
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def all_errors(self) -> tuple[Error, ...]:
        """Those of all files, and those of files that could not be opened."""
        return tuple(error for file in self.files for error in file.errors) + self.errors

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left: exit code 0."""
        return self.summary.exit_code == 0


@dataclass(frozen=True)
class Key:
    """A digest that does not depend on the directory that a file was built in."""

    path: str
    #: `v3:sha256:...`, or `raw:sha256:...` where something in the file does depend on it.
    key: Optional[str]
    level: str
    raw: bool
    reasons: tuple[Note, ...]
    errors: tuple[Error, ...]


@dataclass(frozen=True)
class Consequence:
    """What follows from a difference."""

    what: str
    places: int


@dataclass(frozen=True)
class Difference:
    """One cause in one section in which two files differ."""

    path: str
    member: Optional[str]
    section: Optional[str]
    offset: Optional[int]
    cause: str
    explanation: str
    count: int
    first: Optional[str]
    second: Optional[str]
    #: Whether `fix` removes it.
    fixed: bool
    help: str
    consequences: tuple[Consequence, ...]


@dataclass(frozen=True)
class Differences:
    """What `diff` found between two files or trees."""

    first: str
    second: str
    identical: bool
    differences: tuple[Difference, ...]
    notes: tuple[Note, ...]
    errors: tuple[Error, ...]


@dataclass(frozen=True)
class BytecodeDifference:
    """One place in which bytecode is not what its source compiles to."""

    function: str
    field: str
    found: str
    expected: str


@dataclass(frozen=True)
class Verdict:
    """What `verify` says of one file."""

    path: str
    #: `OK`, `PROVEN`, `STALE`, `SOURCE-MODIFIED`, `FOREIGN-MAGIC`, `UNPROVEN`, `MISMATCH`, `INVALID`, `SOURCELESS` or
    #: `ORPHAN`.
    verdict: str
    reason: Optional[str]
    differences: tuple[BytecodeDifference, ...]
    more_differences: bool


@dataclass(frozen=True)
class Verification:
    """What `verify` found."""

    verdicts: tuple[Verdict, ...]
    errors: tuple[Error, ...]
    #: 0 where everything is as RECORD and the sources say.
    exit_code: int = field(default=0)

    @property
    def is_true(self) -> bool:
        return self.exit_code == 0


_T = TypeVar("_T")


def build(cls: Type[_T], value: Mapping[str, Any]) -> _T:
    """An instance from a JSON object. What this version does not know is left out: within a version of the schema keys
    are only added."""
    hints = get_type_hints(cls)
    known = {one.name for one in dataclasses.fields(cast(Any, cls))}
    return cls(**{name: _convert(hints[name], value[name]) for name in known if name in value})


def _convert(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = get_origin(hint)
    if origin is Union:
        return _convert(next(one for one in get_args(hint) if one is not type(None)), value)
    if origin is tuple:
        return tuple(_convert(get_args(hint)[0], one) for one in value)
    return build(hint, value) if isinstance(hint, type) and dataclasses.is_dataclass(hint) else value
