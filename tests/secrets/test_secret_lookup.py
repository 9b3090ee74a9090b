"""Where a key is looked for, in which order, and what is said of one that cannot be had: never the key."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from locomo.secrets import Secret, SecretError
from locomo.secrets.reference import STORES, Reference

NAME = "OPENAI_API_KEY"
PLANTED = "sk-planted-5e11"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(NAME, raising=False)
    return tmp_path


def refusal(reference: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of a value; that is one line and holds no secret, nor does the traceback."""
    monkeypatch.setenv(NAME, reference)
    with pytest.raises(SecretError) as caught:
        _ = Secret(NAME).value
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_environment_comes_before_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Secret(NAME).value, Secret(NAME).source) == ("", None)
    (here / ".env").write_text(f"# keys\nexport {NAME}='sk-of-the-file'\nOTHER=1\n")
    assert (Secret(NAME).value, Secret(NAME).source) == ("sk-of-the-file", ".env")
    monkeypatch.setenv(NAME, f"{PLANTED}\n")
    assert (Secret(NAME).value, Secret(NAME).source) == (PLANTED, "environment")
    monkeypatch.setenv(NAME, "  ")
    assert Secret(NAME).value == "sk-of-the-file"


def test_a_file_of_another_encoding_is_one_line(here: Path) -> None:
    (here / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(SecretError, match=r"\.env: cannot be read \(it is not UTF-8 text\)"):
        _ = Secret(NAME).value


def test_experiments_that_run_elsewhere_read_the_projects_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".env").write_text(f"{NAME}={PLANTED}\n")
    copy = here / ".dvc/tmp/exps/temp"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert Secret(NAME).value == PLANTED


def test_a_file_above_the_project_is_nobodys(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".env").write_text(f"{NAME}={PLANTED}\n")
    (here / "project").mkdir()
    monkeypatch.chdir(here / "project")
    assert Secret(NAME).value == ""


def test_a_reference_is_resolved_when_it_is_needed_and_kept(here: Path) -> None:
    file = here / "key"
    (here / ".env").write_text(f"{NAME}=file://{file}\n")
    secret = Secret(NAME)
    secret.check()
    assert secret.source == f"file://{file} (.env)"  # and there is no such file yet
    file.write_text(f"{PLANTED}\n")
    assert secret.value == PLANTED
    file.write_text("sk-changed-5e11")
    assert secret.value == PLANTED
    assert PLANTED not in repr(secret)


def test_a_key_that_was_refused_is_looked_up_once_more(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = here / "key"
    file.write_text(PLANTED)
    monkeypatch.setenv(NAME, f"file://{file}")
    looked_up = []
    fetch = Reference.fetch
    monkeypatch.setattr(Reference, "fetch", lambda self: looked_up.append(str(self)) or fetch(self))
    secret = Secret(NAME)
    assert secret.value == PLANTED
    assert [secret.renew(PLANTED) for _ in range(5)] == [False] * 5
    assert len(looked_up) == 2
    secret = Secret(NAME)
    assert secret.value == PLANTED
    file.write_text("sk-changed-5e11")
    assert [secret.renew(PLANTED) for _ in range(5)] == [True] * 5
    assert (secret.value, len(looked_up)) == ("sk-changed-5e11", 4)
    assert secret.hidden(f"{PLANTED}, sk-changed-5e11") == "<key>, <key>"


def test_a_field_of_a_json_object(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = here / "keys.json"
    file.write_text(f'{{"openai": "{PLANTED}", "n": 7}}')
    monkeypatch.setenv(NAME, f"file://{file}#openai")
    assert Secret(NAME).value == PLANTED
    place = f"{NAME}: file://{file}"
    said = f"{place}#opanai: it has no text in a field 'opanai', but openai, n; did you mean 'openai'?"
    assert refusal(f"file://{file}#opanai", monkeypatch) == said
    assert "it has no text in a field 'n'" in refusal(f"file://{file}#n", monkeypatch)
    file.write_text(PLANTED)
    said = f"{place}#openai: it is not JSON; leave out what follows the #"
    assert refusal(f"file://{file}#openai", monkeypatch) == said
    file.write_text(f'["{PLANTED}"]')
    assert "it is JSON, but no object" in refusal(f"file://{file}#openai", monkeypatch)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("aws-ms://team/openai", "found a reference aws-ms://…, expected one of aws-sm://, gcp-sm://, azure-kv://, fi"),
        (f"vault://user:{PLANTED}@host", "found a reference vault://…, expected one of aws-sm://"),
        ("aws-sm://", "found aws-sm://, expected one like aws-sm://name or aws-sm://name#json-field"),
        ("aws-sm://team/openai#", "found aws-sm://team/openai#, expected one like"),
        ("gcp-sm://openai", "found gcp-sm://openai, expected one like gcp-sm://project/name"),
        ("azure-kv://vault", "found azure-kv://vault, expected one like azure-kv://vault/name"),
        (
            "azure-kv://vault.example.org/openai",
            "azure-kv://vault.example.org/openai: found the vault 'vault.example.org', expected its name alone",
        ),
        ("file://key", "found file://key, expected one like file:///run/secrets/name"),
        ("file:///nowhere/key", "file:///nowhere/key: no such file"),
        ("file:///tmp", "file:///tmp: is a folder, expected a file"),
        ("file:///dev/null", "file:///dev/null: it is empty"),
    ],
)
def test_a_reference_that_cannot_be_used_is_one_line(reference: str, said: str, monkeypatch) -> None:
    assert refusal(reference, monkeypatch).startswith(f"{NAME}: {said}")


@pytest.mark.parametrize("value", [f"{PLANTED}\nX", "sk-é"])
def test_what_can_be_no_key_is_refused_wherever_it_comes_from(here: Path, value: str, monkeypatch) -> None:
    assert refusal(value, monkeypatch) == f"{NAME} holds characters that no key has; copy it again"
    (here / "key").write_text(value)
    said = refusal(f"file://{here}/key", monkeypatch)
    assert said == f"{NAME}: file://{here}/key holds characters that no key has; copy it again"


@pytest.mark.parametrize(
    ("reference", "extra"),
    [
        ("aws-sm://openai", "aws-secrets"),
        ("gcp-sm://team/openai", "gcp-secrets"),
        ("azure-kv://vault/openai", "azure-secrets"),
    ],
)
def test_a_package_that_is_not_here_is_named_with_its_cure(reference: str, extra: str, monkeypatch) -> None:
    monkeypatch.setattr("locomo.secrets.reference.importlib.util.find_spec", lambda name: None)
    package = STORES[reference.partition(":")[0]].package
    assert refusal(reference, monkeypatch).endswith(f"needs {package}: pip install 'locomo-pipeline[{extra}]'")
