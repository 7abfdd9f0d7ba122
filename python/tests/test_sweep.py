"""A sweep by two worker processes says what the program says, whatever fails on the way."""

from __future__ import annotations

import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any, Iterator, Optional

import pytest

from sweep_index import COUNT, Server, make_wheels
from sweep_tables import SETTINGS, Row, checked, store, swept

distributed = pytest.importorskip("distributed", reason="a sweep needs wheelscrub[sweep]: make test-sweep")
dask = pytest.importorskip("dask", reason="a sweep needs wheelscrub[sweep]: make test-sweep")
for name in ("aiohttp", "fsspec", "pyarrow"):
    pytest.importorskip(name, reason="a sweep needs wheelscrub[sweep]: make test-sweep")

from wheelscrub.sweep.index import Selection  # noqa: E402
from wheelscrub.sweep.schedule import sweep  # noqa: E402
from wheelscrub.sweep.settings import fingerprint  # noqa: E402
from wheelscrub.sweep.sources import Listing  # noqa: E402

PARTITION = 10


@pytest.fixture(scope="session")
def expected(wheels: pathlib.Path) -> tuple[list[Row], dict[str, Row]]:
    findings, files = checked(wheels)
    assert len(files) == COUNT and len(findings) >= 60
    assert sum(bool(errors) for *_, errors in files.values()) >= 30
    return findings, files


@pytest.fixture
def server(wheels: pathlib.Path) -> Iterator[Server]:
    with Server(wheels) as server:
        yield server


def listing(*sources: str) -> Listing:
    return Listing(sources, Selection(), SETTINGS)


def test_the_table_is_that_of_check(
    server: Server, client: Any, tmp_path: pathlib.Path, expected: tuple[list[Row], dict[str, Row]]
) -> None:
    made = store(tmp_path / "out")
    totals = sweep(listing(server.url), made, SETTINGS, client, partition=PARTITION)
    assert swept(made) == expected
    assert totals.artifacts == COUNT and totals.findings == len(expected[0])
    assert server.files() == dict.fromkeys(expected[1], 1)
    assert list((tmp_path / "out").rglob("*.unfinished")) == []


def test_one_request_in_ten_fails(
    server: Server, client: Any, tmp_path: pathlib.Path, expected: tuple[list[Row], dict[str, Row]]
) -> None:
    """The first request for every tenth page and file: statuses 429 and 500, and half of the answer."""

    def fault(path: str, number: int) -> Optional[str]:
        digest = hashlib.sha256(path.encode()).digest()
        return ("429", "500", "half")[digest[1] % 3] if number == 1 and digest[0] % 10 == 0 else None

    server.fault = fault
    made = store(tmp_path / "out")
    sweep(listing(server.url), made, SETTINGS, client, partition=PARTITION)
    assert swept(made) == expected
    failed = {name for name in expected[1] if fault(f"/files/{name}", 1)}
    # An empty file has no half.
    empty = {name for name in failed if fault(f"/files/{name}", 1) == "half" and not (server.directory / name).stat().st_size}
    attempts = {row["name"]: row["attempts"] for row in made.tables()[0].to_pylist()}
    assert len(failed) >= 10
    assert attempts == {name: 2 if name in failed - empty else 1 for name in attempts}


def test_a_worker_is_killed(
    server: Server, tmp_path: pathlib.Path, expected: tuple[list[Row], dict[str, Row]]
) -> None:
    """Both are, while one of them waits for a file: Dask starts others, and their partitions run again."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster, distributed.Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

        def fault(path: str, number: int) -> None:
            if path.startswith("/files/pkg_055-") and number == 1:
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)

        server.fault = fault
        made = store(tmp_path / "out")
        sweep(listing(server.url), made, SETTINGS, client, partition=PARTITION)
        assert set(client.run(os.getpid).values()).isdisjoint(pids)
    assert swept(made) == expected
    assert max(server.files().values()) >= 2


def test_a_file_that_kills_workers_is_told(wheels: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def fault(path: str, number: int) -> None:
        if path.startswith("/files/pkg_002-"):
            for pid in client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)

    few = tmp_path / "few"
    few.mkdir()
    for path in sorted(wheels.glob("*.whl"))[:6]:
        (few / path.name).write_bytes(path.read_bytes())
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster, distributed.Client(cluster) as client, Server(few, fault) as server:
        made = store(tmp_path / "out")
        totals = sweep(listing(server.url), made, SETTINGS, client, partition=PARTITION)
    kinds = {row["name"][:7]: row["error_kind"] for row in made.tables()[0].to_pylist()}
    assert kinds.pop("pkg_002") == "worker"
    assert len(kinds) == 5 and "worker" not in kinds.values()
    assert totals.divided == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_and_resumed(
    how: signal.Signals, server: Server, tmp_path: pathlib.Path, expected: tuple[list[Row], dict[str, Row]]
) -> None:
    reached, stopped = threading.Event(), threading.Event()

    def fault(path: str, number: int) -> None:
        # By then the partitions in front of it are done, or are being done by the other worker.
        if path.startswith("/files/pkg_105-") and number == 1:
            reached.set()
            stopped.wait()

    server.fault = fault
    out = tmp_path / "out"
    line = [
        sys.executable, "-m", "wheelscrub.sweep", server.url, "--all", "-o", str(out), "--rate", "0", "--workers", "2",
        "--partition", str(PARTITION), "--no-dashboard", "--backoff", "0",
    ]
    with subprocess.Popen(line, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not reached.wait(0.1):
            assert process.poll() is None
        # The file that is waited for keeps its partition from being done; those of the other worker go on.
        while len(list((out / "artifacts").glob("part-*.parquet"))) < 5:
            assert process.poll() is None
            time.sleep(0.1)
        os.killpg(process.pid, how) if how == signal.SIGKILL else process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()
        stopped.set()
        _, said = process.communicate()
        assert process.returncode == (130 if how == signal.SIGTERM else -how), said.decode()
    done = {row["name"] for row in store(out, resume=True).tables()[0].to_pylist()}
    assert 50 <= len(done) < COUNT
    refused = subprocess.run(line, capture_output=True, text=True)
    assert refused.returncode == 2 and "--resume continues" in refused.stderr
    before = dict(server.files())
    again = subprocess.run([*line, "--resume"], capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert f"{len(done)} done before" in again.stderr
    assert swept(store(out, resume=True)) == expected
    assert {name: server.files()[name] for name in done} == {name: before[name] for name in done}


def test_results_are_reused(wheels: pathlib.Path, client: Any, tmp_path: pathlib.Path) -> None:
    old, new = store(tmp_path / "old"), store(tmp_path / "new")
    some = f"{wheels}/pkg_0[0-4]*.whl"
    sweep(listing(some), old, SETTINGS, client)
    other = replace(SETTINGS, rules={"select": ["BP1"]})
    assert new.reuse(old, fingerprint(other)) is None
    reuse = new.reuse(old, fingerprint(SETTINGS))
    totals = sweep(listing(f"{wheels}/pkg_0*.whl", some), new, SETTINGS, client, reuse=reuse)
    assert (totals.reused, totals.artifacts) == (50, 50)
    whole = store(tmp_path / "whole")
    sweep(listing(f"{wheels}/pkg_0*.whl"), whole, SETTINGS, client)
    assert swept(new) == swept(whole)


def test_paths(
    wheels: pathlib.Path, client: Any, tmp_path: pathlib.Path, expected: tuple[list[Row], dict[str, Row]]
) -> None:
    """A directory, a glob, a file, an URL and a file with URLs; what two of them name is checked once."""
    urls = tmp_path / "urls.txt"
    urls.write_text(f"# two\nfile://{wheels}/pkg_150-1.150-py3-none-any.whl\n{wheels}/pkg_151-1.151-py3-none-any.whl\n")
    made = store(tmp_path / "out")
    sources = [f"{wheels}/pkg_00*.whl", f"{wheels}/pkg_001-1.1-py3-none-any.whl", f"@{urls}", str(wheels)]
    totals = sweep(listing(*sources), made, SETTINGS, client)
    rows = made.tables()[0].to_pylist()
    # One was named as a URL and as a path.
    assert totals.artifacts == COUNT + 1 == len({row["place"] for row in rows})
    assert {row["name"] for row in rows} == set(expected[1])


def test_too_large_missing_and_another_digest(tmp_path: pathlib.Path, client: Any) -> None:
    directory = tmp_path / "wheels"
    directory.mkdir()
    first, second, third = make_wheels(directory, 3)
    with first.open("ab") as file:
        file.write(bytes(4000))
    with Server(directory) as server:
        server.digests[second.name] = "0" * 64
        urls = tmp_path / "urls"
        urls.write_text(f"http://{server.host}/files/absent-1-py3-none-any.whl\n")
        settings = replace(SETTINGS, max_bytes=3000, attempts=2)
        made = store(tmp_path / "out", settings)
        sweep(listing(server.url, f"@{urls}"), made, settings, client)
        files = server.files()
    rows = {row["name"]: row for row in made.tables()[0].to_pylist()}
    said = {name.split("-")[0]: (row["outcome"], row["error_kind"]) for name, row in rows.items()}
    assert said == {
        "absent": ("error", "index"), "pkg_000": ("error", "too-large"), "pkg_001": ("error", "digest"),
        "pkg_002": ("clean", None),
    }
    assert rows[second.name]["attempts"] == 2 and files[second.name] == 2 and files[first.name] == 1
