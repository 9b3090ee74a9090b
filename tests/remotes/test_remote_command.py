"""`locomo remote` writes what DVC needs, where it belongs, and no secret. Without a remote it is said what to do."""

from __future__ import annotations

import configparser
import importlib.util
import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from locomo.cli.main import main
from locomo.errors import InputError
from locomo.remotes import reach
from locomo.remotes.config import Remote, read_remote, set_remote
from locomo.remotes.trouble import explain

SECRET = "planted-secret-77"  # noqa: S105  # pragma: allowlist secret


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    analytics = false\n")
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser()
    parser.read_string("\n".join(line.strip() for line in path.read_text().splitlines()))
    return {name.strip("'"): dict(parser[name]) for name in parser.sections()}


def test_a_remote_is_the_default_and_verified_and_a_profile_is_ones_own(here: Path) -> None:
    found = set_remote(
        "s3://bucket/results/",
        "storage",
        {"endpointurl": "http://127.0.0.1:9", "region": "eu-central-1", "profile": "mine"},
    )
    assert config(here / ".dvc/config") == {
        "core": {"analytics": "false", "remote": "storage"},
        'remote "storage"': {
            "url": "s3://bucket/results",
            "verify": "True",
            "endpointurl": "http://127.0.0.1:9",
            "region": "eu-central-1",
        },
    }
    assert config(here / ".dvc/config.local") == {'remote "storage"': {"profile": "mine"}}
    assert found.shown == ["endpointurl = http://127.0.0.1:9", "region = eu-central-1", "profile = mine"]


def test_another_url_replaces_the_options_and_the_same_one_keeps_them(here: Path) -> None:
    set_remote("s3://bucket/x", "storage", {"region": "eu-central-1"})
    set_remote("s3://bucket/x", "storage", {})
    assert read_remote().options["region"] == "eu-central-1"
    set_remote("s3://other/x", "storage", {})
    assert "region" not in config(here / ".dvc/config")['remote "storage"']


def test_a_folder_is_a_remote_too_and_is_meant_as_it_was_given(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = tmp_path_factory.mktemp("store")
    monkeypatch.chdir(here / "inside")
    found = set_remote(os.path.relpath(store), "storage", {})
    assert Path(found.url).resolve() == store
    assert reach.look("storage") is False
    (store / "files").mkdir()
    assert reach.look("storage") is True


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        (f"s3://KEY:{SECRET}@bucket/x", {}, "found a key or a query in the URL"),
        (f"azure://box/x?sv=1&sig={SECRET}", {}, "found a key or a query in the URL"),
        ("s3://bucket/x", {"endpointurl": f"https://me:{SECRET}@host"}, "found a key or a query in the URL"),
        ("s4://bucket/x", {}, "found s4://, expected one of s3://, gs://, azure:// or a folder"),
        ("s3:///x", {}, "no bucket in it, expected s3://BUCKET/PREFIX"),
        ("gs://bucket/x", {"region": "y"}, "--region: is for s3://, not for gs://bucket/x"),
        ("azure://box", {"endpointurl": "http://x"}, "--endpoint: is for gs://, s3://, not for azure://box"),
        ("s3://bucket/x", {"endpointurl": "127.0.0.1:9000"}, "expected an http:// or https:// address"),
    ],
)
def test_what_cannot_be_a_remote_is_refused_and_nothing_is_written(
    here: Path, url: str, options: dict[str, str], said: str
) -> None:
    before = (here / ".dvc/config").read_bytes()
    with pytest.raises(InputError) as caught:
        set_remote(url, "storage", options)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert (here / ".dvc/config").read_bytes() == before
    assert not (here / ".dvc/config.local").exists()


@pytest.mark.parametrize(("url", "extra"), [("gs://b/x", "gcs"), ("azure://b/x", "azure")])
def test_a_package_that_is_missing_is_named(url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf"pip install 'locomo-pipeline\[{extra}\]'"):
        set_remote(url, "storage", {})


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    monkeypatch.setattr("sys.argv", ["locomo", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


def test_without_a_remote_one_line_says_what_to_do(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run("remote", monkeypatch=monkeypatch, capsys=capsys)
    assert (code, said.count("\n")) == (2, 1)
    assert "error: no default DVC remote is set up here: `locomo remote s3://BUCKET/PREFIX` sets one up" in said

    for name in ("dvc.yaml", "dvc.lock"):
        (here / name).write_text("stages: {}\n")
    assert run("pull", monkeypatch=monkeypatch, capsys=capsys) == (2, said)

    (here / ".dvc/config").write_text("[core]\n['remote \"a\"']\nurl = s3://x/y\n")
    assert "`dvc remote default NAME` takes one of a" in run("pull", monkeypatch=monkeypatch, capsys=capsys)[1]


def test_outside_of_a_project_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))
    assert "this folder is in no DVC project" in run("remote", monkeypatch=monkeypatch, capsys=capsys)[1]
    assert "nothing is recorded here yet" in run("pull", monkeypatch=monkeypatch, capsys=capsys)[1]


def test_secrets_in_the_configuration_are_not_shown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_remote("s3://bucket/x", "storage", {})
    (here / ".dvc/config.local").write_text(f"['remote \"storage\"']\nsecret_access_key = {SECRET}\n")
    assert read_remote().options["secret_access_key"] == SECRET
    monkeypatch.setattr(reach, "reach", lambda remote: True)
    monkeypatch.chdir(here)
    from locomo.cli.main import app

    result = CliRunner().invoke(app, ["remote"])
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert "s3://bucket/x (storage)" in result.output


class NoCredentialsError(Exception):
    pass


class ReadTimeoutError(Exception):
    pass


def test_what_libraries_raise_is_a_line_without_what_follows_a_question_mark() -> None:
    remote = Remote("storage", "s3://bucket/x", {"endpointurl": "http://h:1"})
    assert explain(NoCredentialsError("no\nmore"), remote).startswith("no keys (no); set AWS_ACCESS_KEY_ID")
    said = explain(ReadTimeoutError(f'Read timeout on "http://h/b?sig={SECRET}".'), remote)
    assert said == 'cannot be reached (Read timeout on "http://h/b"); check the network and the endpoint http://h:1'
    assert explain(KeyError("what"), remote) == "KeyError: 'what'"
