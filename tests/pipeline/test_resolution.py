"""What the names in params.yaml stand for is a dependency: of the stages that it changes, and of no others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import PARAMS, Project, commit

from locomo.errors import StaleError
from locomo.pipeline.guard import Stage
from locomo.pipeline.hashes import FileHashes
from locomo.pipeline.params import Params, parse_params
from locomo.pipeline.resolution import RESOLVED, Resolver, addresses_of, differences

TEXT = PARAMS.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, in which no variable of an address is set."""
    for variable in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def params(*overrides: str) -> Params:
    return parse_params(TEXT, overrides)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [stage for stage in before if before[stage] != after[stage]]


CASES = {
    "an alias": ("model=house", "models.yaml", ["qa", "rag"]),
    "an alias of the judge": ("judge.model=house", "models.yaml", ["score"]),
    "an alias of the agents": ("generate.model=house", "models.yaml", ["generate"]),
    "a script": ("model=mock/script:rules.yaml", "rules.yaml", ["qa", "rag"]),
    "a script that judges": ("judge.model=mock/script:rules.yaml", "rules.yaml", ["score"]),
    "a script that captions": ("caption.captioner=mock/script:rules.yaml", "rules.yaml", ["caption"]),
    "a GGUF file": ("model=gguf/data/models/m.gguf", "data/models/m.gguf", ["qa", "rag"]),
    "a file for ctransformers": ("model=ctransformers/m.bin", "m.bin", ["qa", "rag"]),
    "a folder for hf": ("model=hf/weights", "weights/model.safetensors", ["qa", "rag"]),
    "an encoder": ("embed.encoder=hf/weights", "weights/model.safetensors", ["embed", "rag"]),
    "a reranker": ("rag.reranker=hf/weights", "weights/model.safetensors", ["rag"]),
    "a class of one's own": ("rag.retriever=own.py:Own", "own.py", ["rag"]),
    "what such a class imports": ("rag.retriever=code/own.py:Own", "code/helper.py", ["rag"]),
    "a memory system of one's own": ("memory.systems=[own.py:Own]", "own.py", ["memory"]),
    "a program that is a memory system": ("memory.systems=['command:python own.py']", "own.py", ["memory"]),
    "a class in a module": ("rag.retriever=own_module:Own", "own_module.py", ["rag"]),
    "a class in a package": ("rag.retriever=own_package.inner:Own", "own_package/other.py", ["rag"]),
    "a captioner": ("caption.captioner=hf/weights", "weights/model.safetensors", ["caption"]),
}


@pytest.mark.parametrize("case", CASES)
def test_another_thing_under_the_same_name(case: str, folder: Path) -> None:
    override, file, stages = CASES[case]
    more = ["generate.mode=agents"] if "generate" in override else []
    more += ["caption.images=folder"] if "caption" in override else []
    one, two = ("aliases: {house: {model: mock/words}}", "aliases: {house: {model: mock/refuse}}")
    if file != "models.yaml":
        one, two = "rules: []\n", "rules: [] \n"
    path = folder / file
    if "Own" in override:
        one, two = "class Own: pass\n", "class Own: pass \n"
        for name in ("code/own.py", "own_package/__init__.py", "own_package/inner.py"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("import helper\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(one)
    if file.startswith("weights"):
        (folder / "weights/config.json").write_text("{}")
    before = Resolver({}).resolve(params(override, *more))
    assert Resolver({}).resolve(params(override, *more)) == before
    stat = path.stat()
    path.write_text(two)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # a copy that keeps its time is another file all the same
    assert changed(before, Resolver({}).resolve(params(override, *more))) == stages


def test_a_class_that_is_not_here_is_the_one_that_dvc_lock_knows(folder: Path) -> None:
    (folder / "own.py").write_text("class Own: pass")
    here = Resolver({}).resolve(params("rag.retriever=own.py:Own"))
    assert here["rag"]["retriever"]["files"].keys() == {"own.py"}
    (folder / "own.py").unlink()
    assert Resolver({"rag": here["rag"]}).resolve(params("rag.retriever=own.py:Own")) == here


@pytest.mark.parametrize(
    ("variable", "override", "stages"),
    [
        ("OPENAI_BASE_URL", "model=openai/llama-3", ["qa", "rag"]),
        ("OPENAI_BASE_URL", "judge.model=openai/llama-3", ["score"]),
        ("OPENAI_BASE_URL", "embed.encoder=openai/bge", ["embed", "rag"]),
        ("ANTHROPIC_BASE_URL", "model=anthropic/claude-haiku-4-5", ["qa", "rag"]),
        ("ANTHROPIC_BASE_URL", "model=openai/llama-3", []),
    ],
)
def test_another_server_under_the_same_name(
    variable: str, override: str, stages: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Resolver({}).resolve(params(override))
    monkeypatch.setenv(variable, "http://127.0.0.1:9/v1")
    there = Resolver({}).resolve(params(override))
    assert changed(before, there) == stages
    monkeypatch.delenv(variable)
    with addresses_of(there):  # as a reviewer's machine does, which need not know the address
        assert Resolver({}).resolve(params(override)) == there
    assert variable not in os.environ
    assert Resolver({}).resolve(params(override)) == before


def test_only_the_price_of_the_model_counts(folder: Path) -> None:
    before = Resolver({}).resolve(params("model=openai/gpt-4o-mini"))
    (folder / "prices.yaml").write_text("models: {openai/gpt-4o: {input: 9, output: 9}}")
    assert Resolver({}).resolve(params("model=openai/gpt-4o-mini")) == before
    (folder / "prices.yaml").write_text("models: {openai/gpt-4o-mini: {input: 9, output: 9}}")
    assert changed(before, Resolver({}).resolve(params("model=openai/gpt-4o-mini"))) == ["qa", "rag"]


def test_weights_that_are_not_here_are_the_recorded_ones(folder: Path) -> None:
    (folder / "m.gguf").write_text("weights")
    here = Resolver({}).resolve(params("model=gguf/m.gguf"))
    (folder / "m.gguf").unlink()
    assert Resolver(here).resolve(params("model=gguf/m.gguf")) == here
    assert differences(here, Resolver({}).resolve(params("model=gguf/m.gguf"))) != []


def test_a_hash_is_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "large").write_text("a")
    kept = folder / "kept.json"
    hashes = FileHashes(kept)
    first = hashes.of(folder / "large")
    hashes.save()
    monkeypatch.setattr("locomo.pipeline.hashes.sha256", lambda path: pytest.fail(f"{path} is read again"))
    assert FileHashes(kept).of(folder / "large") == first
    kept.write_text("broken")
    monkeypatch.undo()
    assert FileHashes(kept).of(folder / "large") == first
    assert FileHashes(kept).of(folder / "nowhere") is None


def test_a_stage_does_not_begin_or_end_with_another_meaning(folder: Path) -> None:
    (folder / "params.yaml").write_text(TEXT.replace("model: gguf/smollm2-135m-instruct", "model: house", 1))
    (folder / "dvc.yaml").write_text(
        "stages: {qa: {cmd: python none.py, params: [model, {data/resolved.json: [qa]}], deps: [], outs: [out]}}"
    )
    (folder / "models.yaml").write_text("aliases: {house: {model: mock/words}}")
    with pytest.raises(StaleError, match=r"data/resolved\.json is older .*qa\.model\.provider.*run `dvc repro`"):
        Stage("qa")
    RESOLVED.parent.mkdir()
    RESOLVED.write_text(json.dumps(Resolver().resolve(params("model=house"))))
    stage = Stage("qa")
    stage.out("out").write_text("made by words")
    (folder / "models.yaml").write_text("aliases: {house: {model: mock/refuse}}")
    with pytest.raises(StaleError, match=r"qa\.model\.model: words → refuse.* changed while it ran"):
        stage.publish()
    assert not (folder / "out").exists()


def status(project: Project) -> list[str]:
    """The stages that DVC would run for what their names stand for."""
    project.must("dvc", "repro", "resolve")
    found = json.loads(project.must("dvc", "status", "--json").splitlines()[-1])  # warnings come before
    return [
        stage
        for stage, entries in found.items()
        if any(
            "data/resolved.json" in (entry.get("changed deps") or {}) for entry in entries if isinstance(entry, dict)
        )
    ]


def test_dvc_runs_what_a_repointed_alias_changes(project: Project) -> None:
    project.edit("params.yaml", "model: mock/words", "model: house")
    project.path("models.yaml").write_text("aliases: {house: {model: mock/words}}")
    assert status(project) == []  # the same model by another name
    project.must("dvc", "repro")
    project.must("git", "add", "-A")
    commit(project, "by an alias")
    assert project.stages_run(project.must("dvc", "repro")) == []
    assert project.run("locomo", "review", "--base", "HEAD")[0] == 0

    project.path("models.yaml").write_text("aliases: {house: {model: mock/refuse}}")
    code, said = project.run("locomo", "review", "--base", "HEAD")
    assert code == 4
    assert "a name in params.yaml stands for something else (qa.model.model: words → refuse)" in said
    assert status(project) == ["qa", "rag", "score"]
    assert project.stages_run(project.must("dvc", "repro")) == ["qa", "rag", "score"]
    assert "qa.model.model" in project.must("dvc", "params", "diff")
    models = {row["model"] for row in map(json.loads, project.path("data/predictions/qa.jsonl").open())}
    assert models == {"refuse"}
