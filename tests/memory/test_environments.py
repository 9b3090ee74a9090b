"""What is known of the shipped memory systems, and the environments that they run in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError
from locomo.memory import description, environments
from locomo.memory.description import SYSTEMS, describe, described
from locomo.memory.environments import Environment, environment_of


@pytest.fixture
def empty_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A system that needs no package."""
    folder = tmp_path / "systems" / "nothing"
    folder.mkdir(parents=True)
    (folder / "requirements.lock").write_text("# nothing\n")
    (folder / "system.yaml").write_text((SYSTEMS / "txtai" / "system.yaml").read_text())
    monkeypatch.setattr(description, "SYSTEMS", tmp_path / "systems")
    monkeypatch.setattr(environments, "SYSTEMS", tmp_path / "systems")
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "cache"))
    return environment_of("nothing")


@pytest.mark.parametrize("name", described())
def test_a_shipped_system_has_an_adapter_a_description_and_exact_versions(name: str) -> None:
    assert "one-protocol" in describe(name).profiles
    assert "serve(" in (SYSTEMS / name / "adapter.py").read_text()
    lines = (SYSTEMS / name / "requirements.lock").read_text().splitlines()
    assert all("==" in line and " @ " not in line and "+" not in line for line in lines)
    package = describe(name).package.partition("[")[0].partition("==")[0]
    version = describe(name).package.rpartition("==")[2]
    assert f"{package}=={version}" in lines


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(InputError, match=r"'mem1': expected one of .*mem0.*did you mean 'mem0'"):
        environment_of("mem1")


def test_what_is_not_installed_says_how_to_install_it(empty_system: Environment) -> None:
    assert not empty_system.installed
    with pytest.raises(InputError, match="`locomo memory install nothing`"):
        empty_system.command()


def test_another_lock_is_another_environment(empty_system: Environment) -> None:
    before = empty_system.folder
    empty_system.lock.write_text("# another\n")
    assert empty_system.folder != before


@pytest.mark.slow
def test_installing_listing_removing(empty_system: Environment) -> None:
    run = CliRunner().invoke
    for said in ("nothing: installed, ", "nothing: installed already"):
        done = run(app, ["memory", "install", "nothing"])
        assert done.exit_code == 0
        assert said in done.output
    program, adapter = empty_system.command()
    assert subprocess.run([program, "-c", "print(1)"], capture_output=True, check=True).stdout == b"1\n"
    assert adapter.endswith("nothing/adapter.py")
    assert "MB" in run(app, ["memory", "list"]).output
    run(app, ["memory", "remove", "nothing"])
    assert not empty_system.installed


@pytest.mark.slow
def test_a_failed_installation_leaves_nothing_behind(empty_system: Environment) -> None:
    empty_system.lock.write_text("no-such-package==0.0.0.0\n")
    with pytest.raises(InputError, match="its environment cannot be made"):
        empty_system.install()
    assert not empty_system.installed
