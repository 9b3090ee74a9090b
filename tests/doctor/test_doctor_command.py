"""`locomo doctor` says what is found, missing and invalid, and never what is secret."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PARAMS, ROOT
from moto_aws import aws_on_loopback
from typer.testing import CliRunner

from locomo.cli.main import app

PLANTED = "sk-planted-77a1"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """git, DVC, params and one commit; no stages. Not to be changed."""
    folder = tmp_path_factory.mktemp("doctor")
    shutil.copy(ROOT / ".gitignore", folder)
    text = PARAMS.read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(text.replace("model: gguf/smollm2-135m-instruct", "model: mock/words"))
    at = ("git", "-C", str(folder))
    run(*at, "init", "-q")
    run("dvc", "--cd", str(folder), "init", "-q")
    run(*at, "add", "-A")
    run(*at, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "as it is")
    return folder


@pytest.fixture(autouse=True)
def here(empty_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(empty_project, folder)
    monkeypatch.chdir(folder)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "requests"))
    return folder


def doctor(*options: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and what is said by the name of what it is about."""
    result = CliRunner().invoke(app, ["doctor", "--json", *options])
    assert PLANTED not in result.output
    return result.exit_code, {f"{each['about']} {each['name']}": each for each in json.loads(result.stdout)}


def test_a_new_project_has_nothing_wrong_and_says_what_is_missing(here: Path) -> None:
    code, found = doctor()
    assert code == 0
    assert found["provider openai"]["note"] == "OPENAI_API_KEY is not set"
    assert {name for name, each in found.items() if each["state"] == "missing"} == {
        *(f"provider {name}" for name in ("anthropic", "google", "google-genai", "openai")),
        "remote –",
    }
    assert found["project params.yaml"]["note"] == "model mock/words can be used, dataset demo"
    assert found["project git"]["note"].endswith(", nothing differs from it")
    assert found["machine request cache"]["note"] == "can be written"
    assert found["machine packages"]["note"].startswith("all ")
    assert "GB free" in found["machine disk of the project"]["note"]


def test_the_table_says_where_a_key_is_from_and_not_what_it_is(here: Path) -> None:
    (here / ".env").write_text(f"OPENAI_API_KEY={PLANTED}\n")
    result = CliRunner().invoke(app, ["doctor", "--offline"])
    assert result.exit_code == 0
    assert PLANTED not in result.output
    rows = [line.split() for line in result.output.splitlines()]
    assert ["openai", "found", ".env", "not", "asked"] in rows
    assert [".env", "found", "ignored", "by", "git"] in rows


def test_a_key_that_does_not_work_makes_the_exit_code(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    code, found = doctor()
    assert code == 1
    assert found["provider openai"]["state"] == "invalid"
    assert doctor("--offline")[0] == 0


def test_keys_that_git_would_take_are_told_of(here: Path) -> None:
    (here / ".env").write_text(f"OPENAI_API_KEY={PLANTED}\n")
    (here / ".gitignore").write_text("")
    code, found = doctor("--offline")
    assert (code, found["project .env"]["note"]) == (1, "git does not ignore it: add /.env to .gitignore")
    run("git", "add", ".env")
    code, found = doctor("--offline")
    assert (code, found["project .env"]["note"].startswith("it is in git: `git rm --cached .env`")) == (1, True)


def test_params_and_a_cache_that_cannot_be_used(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (here / "params.yaml").read_text(encoding="utf-8")
    (here / "params.yaml").write_text(text.replace("model: mock/words", "model: openai/gpt-4o-mini"))
    (here / "file").touch()
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(here / "file/requests"))
    code, found = doctor("--offline")
    assert code == 1
    assert "OPENAI_API_KEY is not set" in found["project params.yaml"]["note"]
    assert found["machine request cache"]["state"] == "invalid"


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, found = doctor("--offline")
    assert (code, found["project params.yaml"]["note"]) == (1, "params.yaml: no such file")
    assert found["project git"]["state"] == "missing"


# Remotes


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    import boto3

    with aws_on_loopback() as environment:
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106
        )
        client.create_bucket(
            Bucket="planted-doctor", CreateBucketConfiguration={"LocationConstraint": environment["AWS_REGION"]}
        )
        client.put_object(Bucket="planted-doctor", Key="team/files/md5/00/1", Body=b"1")
        yield environment


def test_remotes_that_can_be_read_and_those_that_cannot(here: Path, account, tmp_path: Path, monkeypatch) -> None:
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "folder").mkdir()
    urls = {
        "team": "s3://planted-doctor/team",
        "new": "s3://planted-doctor/other",
        "none": "s3://planted-nowhere/x",
        "folder": str(tmp_path / "folder"),
        "gone": str(tmp_path / "gone"),
        "away": "s3://planted-doctor/team",
        "web": f"https://me:{PLANTED}@127.0.0.1:9/x",
    }
    at = dict.fromkeys(("team", "new", "none"), account["AWS_ENDPOINT_URL"]) | {"away": "http://127.0.0.1:9"}
    sections = [
        f"['remote \"{name}\"']\nurl = {url}\n" + (f"endpointurl = {at[name]}\n" if name in at else "")
        for name, url in urls.items()
    ]
    (here / ".dvc/config").write_text("[core]\nremote = team\n" + "".join(sections))
    started = time.monotonic()
    code, found = doctor()
    assert code == 1
    assert time.monotonic() - started < 15
    said = {name: (found[f"remote {name}"]["state"], found[f"remote {name}"]["note"]) for name in urls}
    assert said["team"] == ("found", "can be read; the default one")
    assert said["new"] == ("found", "can be read; nothing was pushed to it yet")
    assert said["none"] == ("invalid", "no such bucket, or none that these credentials may see")
    assert said["folder"] == ("found", "can be read")
    assert said["gone"] == ("invalid", "no such folder")
    assert said["away"][0] == "invalid"
    assert said["web"][0] == "invalid"
    assert found["remote web"]["source"] == "https://127.0.0.1:9/x"
    assert doctor("--offline")[0] == 0
