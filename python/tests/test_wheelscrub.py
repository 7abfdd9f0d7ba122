"""The package against the program that was installed with it."""

from __future__ import annotations

import dataclasses
import pathlib
import py_compile
import zipfile

import pytest

import wheelscrub

ROOT = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"


@pytest.fixture
def module(tmp_path: pathlib.Path) -> pathlib.Path:
    """Bytecode that names a random directory."""
    source = tmp_path / "m.py"
    source.write_text("x = 1\n")
    place = tmp_path / "m.pyc"
    py_compile.compile(str(source), str(place), dfile=f"{ROOT}/m.py", doraise=True)
    source.unlink()
    return place


def test_check_finds_the_root(module: pathlib.Path) -> None:
    report = wheelscrub.check(module, isolated=True)
    assert [(one.code, one.root) for one in report.findings] == [("BP102", ROOT)]
    assert not report.is_clean
    assert report.summary.exit_code == 1
    assert report.files[0].path == str(module)


def test_options(module: pathlib.Path) -> None:
    assert wheelscrub.check([module], isolated=True, ignore=["BP1", "BP2"]).is_clean
    finding, = wheelscrub.check(module, isolated=True, map={ROOT: "/src"}).findings
    assert finding.replacement is not None and finding.replacement.startswith("/src")
    with pytest.raises(wheelscrub.UsageError, match="no-such-option"):
        wheelscrub.check(module, no_such_option=True)


def test_fix_makes_two_the_same(module: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (key,) = wheelscrub.key(module, isolated=True)
    report = wheelscrub.fix(module, isolated=True, in_place=True)
    assert report.is_clean and report.writes
    assert report.files[0].written_to == str(module)
    assert wheelscrub.check(module, isolated=True).findings == ()
    assert wheelscrub.key(module, isolated=True) == (key,)
    assert key.key is not None and key.key.startswith("v3:sha256:")


def test_errors_have_a_place(module: pathlib.Path, tmp_path: pathlib.Path) -> None:
    broken = tmp_path / "broken.pyc"
    broken.write_bytes(module.read_bytes()[:-3])
    with pytest.raises(wheelscrub.FileError) as caught:
        wheelscrub.check([module, broken], isolated=True)
    error, = caught.value.errors
    assert error.path == str(broken) and error.section == "marshal" and error.offset is not None
    assert str(broken) in str(caught.value)
    # The other one was looked at.
    assert len(caught.value.result.findings) == 1
    report = wheelscrub.check([module, broken], isolated=True, strict=False)
    assert report.all_errors == (error,) and report.summary.exit_code == 2


def test_iterators_say_the_same(module: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "other.pyc"
    other.write_bytes(module.read_bytes())
    paths = [module, other]
    files = {one.path: one for one in wheelscrub.iter_check(paths, isolated=True)}
    assert files == {one.path: one for one in wheelscrub.check(paths, isolated=True).files}
    assert tuple(wheelscrub.iter_key(paths, isolated=True)) == wheelscrub.key(paths, isolated=True)
    # An iterator that nobody reads to its end leaves no process behind.
    iterator = wheelscrub.iter_check(paths, isolated=True)
    next(iterator)
    iterator.close()  # type: ignore[attr-defined]
    with pytest.raises(wheelscrub.FileError):
        list(wheelscrub.iter_check([module, tmp_path / "nothing"], isolated=True))


def test_diff_and_verify(module: pathlib.Path, tmp_path: pathlib.Path) -> None:
    fixed = tmp_path / "fixed.pyc"
    fixed.write_bytes(module.read_bytes())
    wheelscrub.fix(fixed, isolated=True, in_place=True)
    assert wheelscrub.diff(module, module, isolated=True).identical
    found = wheelscrub.diff(module, fixed, isolated=True)
    assert not found.identical and all(one.fixed for one in found.differences)
    assert wheelscrub.verify(tmp_path).exit_code in (0, 1)


def test_wheels(tmp_path: pathlib.Path, module: pathlib.Path) -> None:
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(module, "demo/m.pyc")
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("demo-1.0.dist-info/RECORD", "")
    report = wheelscrub.check(wheel, isolated=True, strict=False)
    assert "demo/m.pyc" in {finding.member for finding in report.findings}


def test_run_and_values() -> None:
    done = wheelscrub.run(["--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip()
    with pytest.raises(dataclasses.FrozenInstanceError):
        wheelscrub.Summary(0, 0, 0, 0, 0, 0, 0, 0).files = 1  # type: ignore[misc]


def test_usage_errors_of_iterators() -> None:
    with pytest.raises(wheelscrub.UsageError, match="no-such-option"):
        list(wheelscrub.iter_check(".", no_such_option=True))
