"""Starts the program."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from typing import Any, Iterable, Iterator, Mapping, Optional, Sequence, Union

from ._find_bin import find_bin
from ._report import Error

Path = Union[str, "os.PathLike[str]"]
Paths = Union[Path, Iterable[Path]]
#: The value of an option: `True` for a flag, a list for one that may be repeated, a mapping for `OLD=NEW`.
Option = Union[None, bool, int, str, "os.PathLike[str]", Sequence[str], Mapping[str, str]]

#: Flags that have an opposite.
_REVERSIBLE = {"canonical", "fix_rpath", "pyc_canonical"}


class WheelscrubError(Exception):
    """The program did not do what was asked."""


class UsageError(WheelscrubError):
    """An option or value that the program does not take; the text is its own."""


class FileError(WheelscrubError):
    """Files that could not be read, understood or written. The others were dealt with: see `result`."""

    def __init__(self, errors: Sequence[Error], result: Any) -> None:
        super().__init__("\n".join(map(str, errors)))
        #: Each with its path, member, section and offset.
        self.errors = tuple(errors)
        #: What the call would have returned; None where an iterator has yielded it already.
        self.result = result


def run(arguments: Sequence[Path], **kwargs: Any) -> subprocess.CompletedProcess[Any]:
    """`wheelscrub ARGUMENTS...`, as subprocess.run does it, for what has no function here.

    >>> run(["--version"], capture_output=True, text=True).stdout.startswith("0.")
    True
    """
    return subprocess.run([find_bin(), *(os.fspath(one) for one in arguments)], **kwargs)


def arguments(command: str, paths: Paths, options: Mapping[str, Option]) -> list[str]:
    """The command line; paths stand behind `--`, so that none is taken for an option."""
    line = [command]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            if value or name in _REVERSIBLE:
                line.append(flag if value else flag.replace("--", "--no-", 1))
        elif isinstance(value, Mapping):
            line += [part for old, new in value.items() for part in (flag, f"{old}={new}")]
        elif value is not None:
            values = [value] if isinstance(value, (str, int, os.PathLike)) else list(value)
            line += [part for one in values for part in (flag, _text(one))]
    named = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return [*line, "--", *(os.fspath(one) for one in named)]


def _text(value: Union[int, Path]) -> str:
    return str(value) if isinstance(value, int) else os.fspath(value)


def report(command: str, paths: Paths, options: Mapping[str, Option], stdin: Optional[bytes] = None) -> Any:
    """What the command prints as JSON."""
    line = arguments(command, paths, {**options, "output_format": "json"})
    done = subprocess.run([find_bin(), *line], capture_output=True, input=stdin)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise _failed(done.returncode, done.stderr) from None


def lines(command: str, paths: Paths, options: Mapping[str, Option]) -> Iterator[dict[str, Any]]:
    """What it prints line by line, as it goes on. The program ends with the iterator."""
    line = arguments(command, paths, {**options, "output_format": "json-lines"})
    # Not a pipe: what nobody reads while it fills would stop the program.
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
        [find_bin(), *line], stdout=subprocess.PIPE, stderr=errors
    ) as process:
        assert process.stdout is not None
        try:
            is_empty = True
            for text in process.stdout:
                is_empty = False
                yield json.loads(text)
            if is_empty:
                code = process.wait()
                errors.seek(0)
                raise _failed(code, errors.read())
        finally:
            if process.poll() is None:
                process.terminate()


def _failed(code: int, stderr: bytes) -> WheelscrubError:
    text = stderr.decode(errors="replace").strip()
    return UsageError(text) if code > 0 else WheelscrubError(text or f"wheelscrub was ended by signal {-code}")
