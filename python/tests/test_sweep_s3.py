"""A bucket, as moto's server has it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import Iterator

import pytest

from sweep_tables import checked, store, swept

REASON = "needs wheelscrub[sweep], s3fs and moto[server]: make test-sweep"
pytest.importorskip("distributed", reason=REASON)
pytest.importorskip("s3fs", reason=REASON)
server_module = pytest.importorskip("moto.server", reason=REASON)
boto3 = pytest.importorskip("boto3", reason=REASON)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address, "FSSPEC_S3_ENDPOINT_URL": address,
    }.items():
        monkeypatch.setenv(name, value)
    yield address
    server.stop()


def test_a_bucket(environment: str, wheels: pathlib.Path, tmp_path: pathlib.Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    bucket = boto3.client("s3", endpoint_url=environment)
    bucket.create_bucket(Bucket="wheels")
    for path in sorted(wheels.glob("*.whl"))[:20]:
        (few / path.name).write_bytes(path.read_bytes())
        bucket.put_object(Bucket="wheels", Key=f"simple/{path.name}", Body=path.read_bytes())
    bucket.put_object(Bucket="wheels", Key="simple/README", Body=b"no wheel")
    out = tmp_path / "out"
    line = [
        sys.executable, "-m", "wheelscrub.sweep", "s3://wheels/simple", "s3://wheels/simple/pkg_01*.whl", "-o", str(out),
        "--workers", "2", "--no-dashboard", "--rate", "0", "--partition", "5",
    ]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stderr
    made = store(out, resume=True)
    assert swept(made) == checked(few)
    rows = made.tables()[0].to_pylist()
    assert all(row["place"].startswith("s3://wheels/simple/pkg_") and row["etag"] for row in rows)
    again = subprocess.run([*line, "--resume"], capture_output=True, text=True)
    assert again.returncode == 0 and "20 done before" in again.stderr, again.stderr
