"""`locomo cache`: look at what is kept, learn why something is asked anew, pass answers on, clean up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from locomo.cli.main import app
from locomo.errors import InputError
from locomo.llm import Message, Request, RequestCache, Response
from locomo.llm.cache.entry import Refusal, entry_text


def ask(text: str, **fields: object) -> Request:
    return Request("mock", "words", (Message("system", "Be [bold]short[/bold]."), Message("user", text)), 32, **fields)


RUTH, IVO = ask("Who is Ruth?", stop=("\n",)), ask("Who is Ivo?")
PAID = Request("openai", "gpt-4o-mini", (Message("user", "Who is Ruth?"),), 32, seed=1)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RequestCache:
    """Three answers of two models, where LOCOMO_CACHE_DIR says; `tmp_path` is the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "answers"))
    cache = RequestCache()
    cache.put(RUTH, Response("A sister [of Ivo].\nHe says so.", "words", 1_000, 20))
    cache.put(IVO, Response("A brother.", "words", 1_500, 10))
    cache.put(PAID, Response("Ruth is a sister.", "gpt-4o-mini-2024-07-18", 7, 5))
    return cache


def run(*arguments: object, stdin: str | None = None) -> str:
    result = invoke(*arguments, stdin=stdin)
    if result.exception is not None:
        raise result.exception
    assert result.exit_code == 0
    return result.output


def invoke(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["cache", *map(str, arguments)], input=stdin)


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines() if line.strip()]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_stats_say_where_and_how_much(cache: RequestCache, tmp_path: Path) -> None:
    said = rows(run("stats"))
    assert said[0][:4] == [f"{tmp_path}/answers:", "3", "entries,", f"{cache.backend.size() / 1e6:.1f}"]
    assert ["mock/words", "2", "0", "2,500", "30"] in said
    assert ["openai/gpt-4o-mini", "1", "0", "7", "5"] in said


def test_a_list_shows_beginnings_and_no_markup(cache: RequestCache) -> None:
    said = run("list")
    (ruth,) = [line for line in said.splitlines() if RUTH.key[:14] in line]
    assert ruth.split() == [
        *(RUTH.key[:14], "mock/words", "1,000", "20"),
        *("Who", "is", "Ruth?", "A", "sister", "[of", "Ivo].", "He", "says", "so."),
    ]
    assert len([line for line in said.splitlines() if " 1-" in line]) == 3


def test_a_list_can_be_of_one_model_and_short(cache: RequestCache) -> None:
    assert [row[1] for row in rows(run("list", "--model", "openai/gpt-4o-mini")) if row[0].startswith("1-")] == [
        "openai/gpt-4o-mini"
    ]
    assert len([row for row in rows(run("list", "--limit", 2)) if row[0].startswith("1-")]) == 2


@pytest.mark.parametrize("command", [["list"], ["export", "out.jsonl"], ["prune", "--yes"]], ids=lambda c: c[0])
def test_an_unknown_model_is_named_with_a_near_one(cache: RequestCache, command: list[str]) -> None:
    with pytest.raises(InputError, match=r"'openai/gpt4o-mini' is kept here; did you mean 'openai/gpt-4o-mini'\?$"):
        run(*command, "--model", "openai/gpt4o-mini")
    assert os.listdir() == ["answers"]
    assert len(cache) == 3


def test_an_entry_is_shown_by_a_beginning_of_its_key(cache: RequestCache) -> None:
    entry = json.loads(run("show", RUTH.key[:14]))
    assert (entry["key"], entry["response"]["text"]) == (RUTH.key, "A sister [of Ivo].\nHe says so.")
    assert entry["request"]["messages"][1] == {"role": "user", "content": "Who is Ruth?"}
    assert json.loads(run("show", RUTH.key)) == entry


def test_a_key_that_is_ambiguous_or_unknown(cache: RequestCache) -> None:
    with pytest.raises(InputError, match=r"^3 keys begin with '1-', give more of it: 1-\w{8}…, 1-\w{8}…, 1-\w{8}…$"):
        run("show", "1-")
    wrong = RUTH.key[:10] + "xyz"
    with pytest.raises(InputError, match=rf"answers: no key begins with '{wrong}'; near are {RUTH.key[:20]}"):
        run("show", wrong)


def test_why_says_that_a_request_is_stored(cache: RequestCache, tmp_path: Path) -> None:
    shown = run("show", PAID.key)
    assert run("why", "-", stdin=shown) == f"stored: {PAID.key}\n"
    (tmp_path / "request.json").write_text(json.dumps(json.loads(shown)["request"]))
    assert run("why", "request.json") == f"stored: {PAID.key}\n"


def why(request: Request) -> list[str]:
    said = run("why", "-", stdin=json.dumps(request.fields())).splitlines()
    assert said[0] == f"not stored: {request.key}"
    return said[1:]


def test_why_names_the_fields_that_differ(cache: RequestCache) -> None:
    assert why(replace(RUTH, max_tokens=48, stop=None, seed=4)) == [
        f"most like:  {RUTH.key}",
        "what differs, stored → asked:",
        "  max_tokens: 32 → 48",
        '  stop: ["\\n"] → not set',
        "  seed: not set → 4",
    ]


def test_why_tells_a_whole_number_from_a_fraction_as_the_key_does(cache: RequestCache) -> None:
    whole = replace(IVO, temperature=0)
    assert whole.key != IVO.key
    assert why(whole)[2:] == ["  temperature: 0.0 → 0"]
    cache.put(whole, Response("A brother.", "words", 1, 1))
    assert run("why", "-", stdin=run("show", whole.key)) == f"stored: {whole.key}\n"


def test_why_shows_a_long_text_around_its_first_difference(cache: RequestCache) -> None:
    long = "Line.\n" * 500
    cache.put(ask(f"{long}Where was Ruth in the month of May?"), Response("Lisbon", "words", 1, 1))
    (difference,) = why(ask(f"{long}Where was Ruth in the month of June?"))[2:]
    assert difference == (
        "  messages[1].content, from character 3032: "
        '"…here was Ruth in the month of May?" → "…here was Ruth in the month of June?"'
    )


def test_why_names_messages_that_are_more_or_said_by_another(cache: RequestCache) -> None:
    more = replace(IVO, messages=(*IVO.messages, Message("assistant", "A friend?")))
    assert why(more)[2:] == ['  messages[2]: only in what is asked: assistant "A friend?"']
    other = replace(IVO, messages=(replace(IVO.messages[0], role="user"), IVO.messages[1]))
    assert why(other)[2:] == ["  messages[0].role: system → user"]


def test_why_finds_the_one_most_alike_among_many_long_ones_soon(cache: RequestCache) -> None:
    response = {"text": "here", "model": "m", "input_tokens": 1, "output_tokens": 1}
    talks = ["".join(f"In talk {talk} line {n} says {n * talk}.\n" for n in range(200)) for talk in range(10)]
    requests = [ask(f"{talks[n % 10]}\nQuestion {n}: where is it? Answer:") for n in range(5_000)]
    cache.backend.put(
        [(request.key, json.dumps({"request": request.fields(), "response": response})) for request in requests]
    )
    changed = (
        requests[1234].messages[1].content.replace("In talk 4 line 7 ", "In talk 4 row 7 ").replace("is it", "was it")
    )
    start = time.process_time()
    said = why(ask(changed))
    assert said[0] == f"most like:  {requests[1234].key}"
    assert time.process_time() - start < 4  # 0.5 s of an idle machine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "stdin: line 1, column 2: not valid JSON"),
        ("[]", "stdin: "),
        ('{"provider": "mock", "model": "m", "messages": []}', "stdin: max_tokens: field required"),
        ('{"provider": "mock", "prompt": "Who?"}', "stdin: unknown field 'prompt'; expected a request as"),
        (
            '{"provider": "mock", "model": "m", "messages": [{"role": "cat", "content": ""}], "max_tokens": 1}',
            "stdin: messages[0].role: input should be 'system', 'user', 'assistant' or 'tool'",
        ),
    ],
    ids=["no JSON", "a list", "a field is missing", "a field is unknown", "a role is unknown"],
)
def test_a_request_that_is_none(cache: RequestCache, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        run("why", "-", stdin=text)
    assert str(caught.value).startswith(said)


def test_an_exported_file_brings_the_same_answers_elsewhere(cache: RequestCache, tmp_path: Path) -> None:
    assert run("export", "all.jsonl") == "all.jsonl: 3 entries\n"
    assert [line["key"] for line in lines(tmp_path / "all.jsonl")] == sorted(cache.keys())
    assert run("import", "all.jsonl", "--cache", "other").endswith("other: 3 new, 0 were here already\n")
    assert RequestCache(tmp_path / "other").get(PAID) == cache.get(PAID)
    run("export", "again.jsonl", "--cache", "other")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "all.jsonl").read_bytes()
    assert run("import", "all.jsonl", "--cache", "other").endswith("other: 0 new, 3 were here already\n")


def test_an_export_can_be_of_one_model(cache: RequestCache, tmp_path: Path) -> None:
    run("export", "paid.jsonl", "--model", "openai/gpt-4o-mini")
    assert [line["key"] for line in lines(tmp_path / "paid.jsonl")] == [PAID.key]


def test_an_export_appears_whole_or_not_at_all(cache: RequestCache, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("as it was")
    cache.backend.put([("2-zzz", "{}")])
    with pytest.raises(InputError, match=r"entry 2-zzz: .*`locomo cache verify` finds all that are broken"):
        run("export", "all.jsonl")
    assert (tmp_path / "all.jsonl").read_text() == "as it was"
    assert sorted(os.listdir()) == ["all.jsonl", "answers"]
    with pytest.raises(InputError, match=r"^nowhere/all\.jsonl: cannot be written"):
        run("export", "nowhere/all.jsonl")


def test_an_import_never_changes_an_answer(cache: RequestCache, tmp_path: Path) -> None:
    run("export", "all.jsonl")
    text = (tmp_path / "all.jsonl").read_text()
    (tmp_path / "all.jsonl").write_text(text.replace("A brother.", "An enemy."))
    said = run("import", "all.jsonl")
    assert said.splitlines()[0].endswith("0 new, 2 were here already")
    assert said.splitlines()[1] == "1 with another answer here, which stays"
    assert cache.get(IVO).text == "A brother."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"key"', '"kye"', "expected an object with key, request and response"),
        ("A brother.", "A brother.\udcff", "byte .* is not UTF-8 text"),
        ('"input_tokens":1500', '"input_tokens":"many"', "response.input_tokens: input should be a valid integer"),
        ("Who is Ivo?", "Who is Eve?", "its key is not the one of its request, expected 1-[0-9a-f]{64}$"),
        ('{"key"', '{"key', "not valid JSON"),
    ],
    ids=["no key", "no text", "another shape", "another request", "no JSON"],
)
def test_one_bad_line_is_named_and_nothing_is_imported(
    cache: RequestCache, tmp_path: Path, old: str, new: str, said: str
) -> None:
    run("export", "all.jsonl")
    good = (tmp_path / "all.jsonl").read_text().splitlines()
    number = [json.loads(line)["key"] for line in good].index(IVO.key)
    good[number] = good[number].replace(old, new, 1)
    (tmp_path / "bad.jsonl").write_bytes("\n".join(good).encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=rf"^bad\.jsonl, line {number + 1}: .*{said}"):
        run("import", "bad.jsonl", "--cache", "other")
    assert len(RequestCache(tmp_path / "other")) == 0


def test_nothing_is_imported_of_a_long_file_whose_last_line_is_bad(cache: RequestCache, tmp_path: Path) -> None:
    cache.backend.put([(ask(str(n)).key, entry_text(ask(str(n)), Response("x", "m", 1, 1))) for n in range(1_000)])
    run("export", "long.jsonl")
    with (tmp_path / "long.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match=r"^long\.jsonl, line 1004: expected an object"):
        run("import", "long.jsonl", "--cache", "other")
    assert len(RequestCache(tmp_path / "other")) == 0


def test_a_file_to_import_that_is_not_there(cache: RequestCache) -> None:
    with pytest.raises(InputError, match=r"^none\.jsonl: cannot be read"):
        run("import", "none.jsonl")


def test_verify_names_every_broken_entry_and_deletes_only_when_told(cache: RequestCache) -> None:
    assert run("verify").endswith("answers: all good, 3 entries\n")
    moved = "1-" + "0" * 64
    cache.backend.put([(moved, cache.backend.get(IVO.key)), (RUTH.key, '{"request"')])
    result = invoke("verify")
    assert isinstance(result.exception, InputError)
    assert str(result.exception).endswith(
        "2 of 4 entries broken; `locomo cache verify --delete` deletes them, to be asked anew"
    )
    assert f"{moved}: its key is not the one of its request, expected {IVO.key}" in result.output.splitlines()
    assert any(line.startswith(f"{RUTH.key}: invalid JSON") for line in result.output.splitlines())
    assert len(cache) == 4
    assert str(invoke("verify", "--delete").exception).endswith("2 of 4 entries broken; deleted")
    assert sorted(cache.keys()) == sorted([IVO.key, PAID.key])


def test_broken_entries_fail_a_script(cache: RequestCache) -> None:
    cache.backend.put([("1-0", "{}")])
    command = [sys.executable, "-c", "from locomo.cli.main import main; main()", "cache", "verify"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {cache.location}: 1 of 4 entries broken")


def test_prune_deletes_one_model_once_it_is_confirmed(cache: RequestCache) -> None:
    prune = ("prune", "--model", "mock/words")
    refused = invoke(*prune, stdin="n\n")
    assert refused.exit_code == 1
    assert f"{cache.location}: 2 entries of mock/words" in refused.output
    assert len(cache) == 3
    run(*prune, stdin="y\n")
    assert cache.keys() == [PAID.key]
    run("prune", "--yes", "--model", "openai/gpt-4o-mini")
    assert cache.keys() == []


def test_refusals_are_looked_at_passed_on_and_deleted_by_themselves(cache: RequestCache, tmp_path: Path) -> None:
    empty = replace(PAID, seed=2)
    cache.put(empty, Refusal("the model gave an empty answer", 40, 1))
    assert json.loads(run("show", empty.key))["refusal"]["reason"] == "the model gave an empty answer"
    assert "[the model gave an empty answer]" in run("list")
    assert ["openai/gpt-4o-mini", "2", "1", "47", "6"] in rows(run("stats"))
    assert "all good, 4 entries" in run("verify")

    run("export", "out.jsonl")
    assert "0 new, 4 were here already" in run("import", "out.jsonl")
    assert "4 new, 0 were here already" in run("import", "out.jsonl", "--cache", "elsewhere")
    assert RequestCache(tmp_path / "elsewhere").find(empty) == Refusal("the model gave an empty answer", 40, 1)

    assert "0 refusals of mock/words" in run("prune", "--refusals", "--model", "mock/words")
    assert "1 refusals of all models" in run("prune", "--refusals", "--yes")
    assert cache.keys() == sorted([RUTH.key, IVO.key, PAID.key])


def test_prune_without_a_model_deletes_nothing(cache: RequestCache) -> None:
    assert invoke("prune", "--yes").exit_code == 2
    assert len(cache) == 3


@pytest.mark.parametrize("command", [["stats"], ["list"], ["show", "1-"], ["verify"], ["export", "out.jsonl"]], ids=str)
def test_a_place_without_answers_is_said_to_be_so_and_not_made(cache: RequestCache, command: list[str]) -> None:
    with pytest.raises(InputError, match=r"^typo: no request cache there yet"):
        run(*command, "--cache", "typo")
    assert os.listdir() == ["answers"]
