"""The parts of a sweep, each alone."""

from __future__ import annotations

import io
import pathlib
import subprocess
import sys
from typing import Any

import pytest

import wheelscrub
from sweep_index import Server, make_wheels

for name in ("aiohttp", "distributed", "fsspec", "packaging", "pyarrow"):
    pytest.importorskip(name, reason="a sweep needs wheelscrub[sweep]: make test-sweep")

from wheelscrub.sweep import _extra, index  # noqa: E402
from wheelscrub.sweep.artifact import make, public, redacted  # noqa: E402
from wheelscrub.sweep.index import Selection  # noqa: E402
from wheelscrub.sweep.program import Ended, Examination, examine  # noqa: E402
from wheelscrub.sweep.progress import Progress  # noqa: E402
from wheelscrub.sweep.remote import FetchError, Rate, Traffic, attempt  # noqa: E402
from wheelscrub.sweep.schedule import Totals  # noqa: E402
from wheelscrub.sweep.schema import table  # noqa: E402
from wheelscrub.sweep.settings import Settings  # noqa: E402
from wheelscrub.sweep.sources import Listing  # noqa: E402

SECRET = "https://user:secret@h.example/a/b_c-1.0-py3-none-any.whl?X-Amz-Signature=secret#sha256=" + "a" * 64


def test_artifacts_hide_credentials() -> None:
    one = make(SECRET)
    assert one.identity == "sha256:" + "a" * 64 + ":b_c-1.0-py3-none-any.whl"
    assert (one.project, one.version, one.platform) == ("b-c", "1.0", "any")
    assert "secret" not in repr(one) and "secret" not in one.place and "secret" in one.address
    assert "secret" not in make(SECRET.split("#")[0]).identity
    assert public("/a/b?c@d") == "/a/b?c@d"
    assert redacted(f"cannot open '{SECRET}'") == "cannot open 'https://h.example/a/b_c-1.0-py3-none-any.whl'"


def test_identity_without_a_digest_follows_size_and_etag() -> None:
    one = make("s3://b/x.whl", size=3, etag="e")
    assert one.identity == make("s3://b/x.whl", size=3, etag="e").identity
    others = [make("s3://b/x.whl", size=4, etag="e"), make("s3://b/x.whl", size=3, etag="f"), make("s3://b/y.whl", size=3, etag="e")]
    assert len({one.identity, *(other.identity for other in others)}) == 4


@pytest.mark.parametrize("name", ["..", "a/b.whl", "", "a\0b", "x" * 256])
def test_unsafe_names_are_problems(name: str) -> None:
    assert make("https://h.example/x.whl", name=name).problem


def test_rate() -> None:
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    rate = Rate(2, lambda: now[0], sleep)
    for address in ("http://a/1", "http://b/1", "http://u:p@a/2", "http://a/3"):
        rate.wait(address)
    assert slept == [0.5, 0.5]
    Rate(0, lambda: now[0], sleep).wait("http://a/1")
    assert len(slept) == 2


def test_attempts_back_off() -> None:
    slept: list[float] = []

    class Busy(Exception):
        status = 429
        headers = {"Retry-After": "7"}

    errors: list[Exception] = [Busy(), OSError("reset"), OSError("reset")]

    def work() -> str:
        if errors:
            raise errors.pop(0)
        return "done"

    traffic = Traffic()
    assert attempt(work, 5, 1, traffic, slept.append) == "done"
    assert slept == [7, 2, 4] and traffic.attempts == 4
    errors += [OSError("https://u:secret@h/x?t=secret")] * 2
    with pytest.raises(FetchError, match="^OSError: https://h/x$"):
        attempt(work, 2, 1, Traffic(), slept.append)
    Busy.status = 403
    errors[:] = [Busy()]
    with pytest.raises(FetchError, match="HTTP status 403"):
        attempt(work, 5, 1, Traffic(), slept.append)


def test_the_index_is_selected_from(tmp_path: pathlib.Path) -> None:
    for name in ("1.9-py3-none-any", "1.10-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "1.10-py3-none-win32", "x-py3-none-any"):
        (tmp_path / f"pkg_000-{name}.whl").write_bytes(b"")
    page = "".join(f'<a href="{path.name}">x</a>' for path in sorted(tmp_path.iterdir()))
    page += '<a data-yanked href="pkg_000-2.0-py3-none-any.whl">x</a><a href="pkg_000-3.0.tar.gz">x</a>'
    files = list(index._files(page.encode(), "http://h/simple/pkg-000/"))

    def names(**options: Any) -> list[str]:
        return [file.name[8:] for file in index._selected(files, Selection(**options))]

    assert len(names()) == 5
    assert names(latest=1) == ["1.10-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "1.10-py3-none-win32.whl"]
    assert names(platforms=["manylinux*_x86_64"]) == ["1.10-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"]
    assert names(platforms=["any"], latest=1) == ["1.9-py3-none-any.whl"]
    assert files[0].address == f"http://h/simple/pkg-000/{files[0].name}"
    with pytest.raises(FetchError, match="no JSON"):
        list(index._files(b'{"files": ', "http://h/"))


def test_bounds_of_one_file(tmp_path: pathlib.Path) -> None:
    path = make_wheels(tmp_path, 1)[0]
    said = Examination()
    examine(str(path), Settings(), said)
    assert len(said.findings) >= 1 and said.keys["full"].startswith("v") and said.cpu > 0
    bounded = Examination()
    with pytest.raises(Ended, match="more than 0 findings"):
        examine(str(path), Settings(max_findings=0), bounded)
    assert bounded.findings == [] and bounded.cpu > 0


def test_the_program_can_be_ended(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    monkeypatch.setattr("wheelscrub.sweep.program.find_bin", lambda: str(program))

    def run(script: str, **options: Any) -> str:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        with pytest.raises(Ended) as caught:
            examine("x", Settings(**options), Examination())
        return str(caught.value)

    assert run("exec sleep 1000", timeout=0.01) == "wheelscrub check took more than 0.01 seconds"
    assert run("kill -9 $$") == "wheelscrub check was ended by signal 9"
    assert run("echo no >&2; exit 3") == "no"
    assert run("exit 3") == "wheelscrub check said nothing, exit code 3"


def test_tables_take_what_files_name() -> None:
    rows = table("findings", [{"text": "a\ud800", "offset": 1 << 70, "unknown": 1}]).to_pylist()
    assert rows[0]["text"] == "a?" and rows[0]["offset"] is None


def test_progress() -> None:
    listing = Listing([], Selection(), Settings())
    listing.listed, listing.fraction = 50, 0.5
    times = iter([0.0, 10.0])
    line = Progress(listing, io.StringIO(), lambda: next(times)).line(Totals(artifacts=20, findings=3, errors=1, bytes=2_000_000))
    assert line == "[####                ] 20/100 files, 2.0/s, 200.0 kB/s, 2.0 MB, 3 findings, 1 errors, 0:00:40 left"


def test_without_the_extra_one_line_says_what_to_install(tmp_path: pathlib.Path) -> None:
    with pytest.raises(_extra.MissingExtra, match=r'pip install "wheelscrub\[sweep\]"'):
        _extra.module("no_such_package.part")
    # An interpreter without any other package.
    site = tmp_path / "site"
    site.mkdir()
    (site / "wheelscrub").symlink_to(pathlib.Path(wheelscrub.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "wheelscrub.sweep", "x", "-o", str(tmp_path / "out")],
        env={"PYTHONPATH": str(site)}, capture_output=True, text=True,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and 'pip install "wheelscrub[sweep]"' in done.stderr


def test_credentials_are_sent_and_not_told(tmp_path: pathlib.Path) -> None:
    """With Dask's own log, on a sweep with a fault."""
    directory, out = tmp_path / "wheels", tmp_path / "out"
    directory.mkdir()
    make_wheels(directory, 3)
    with Server(directory, lambda path, number: "500" if "pkg_001" in path else None) as server:
        server.password = "Basic dXNlcjpzZWNyZXQ="
        line = [
            sys.executable, "-m", "wheelscrub.sweep", f"http://user:secret@{server.host}/simple/", "--all", "-o", str(out),
            "--rate", "0", "--workers", "1", "--no-dashboard", "--backoff", "0", "--attempts", "2",
        ]
        environment = {"DASK_LOGGING__DISTRIBUTED": "debug", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        done = subprocess.run(line, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stderr + done.stdout and "dXNlcjpzZWNyZXQ" not in done.stderr
    for path in out.rglob("*"):
        if path.is_file():
            assert b"secret" not in path.read_bytes() or path.name == "rules.parquet"
    rows = _extra.module("pyarrow.dataset").dataset(out / "artifacts").to_table().to_pylist()
    assert sorted((row["name"][:7], row["outcome"]) for row in rows) == [
        ("pkg_000", "findings"), ("pkg_001", "error"), ("pkg_002", "clean")]
    assert not any("secret" in repr(row) for row in rows)
