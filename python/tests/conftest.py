"""What all tests of sweeps share. They are skipped where `wheelscrub[sweep]` is not installed."""

from __future__ import annotations

import pathlib
from typing import Any, Iterator

import pytest

from sweep_index import make_wheels


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A directory with 200 wheels, some broken, some hostile. No test changes it."""
    directory = tmp_path_factory.mktemp("wheels")
    make_wheels(directory)
    return directory


@pytest.fixture(scope="session")
def client() -> Iterator[Any]:
    """Two worker processes."""
    distributed = pytest.importorskip("distributed", reason="a sweep needs wheelscrub[sweep]: make test-sweep")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster, distributed.Client(cluster) as client:
        yield client
