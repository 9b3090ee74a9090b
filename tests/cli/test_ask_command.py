"""`locomo ask`: the shortest way to see what the pipeline does."""

from __future__ import annotations

import json

from conftest import Project


def question(project: Project) -> tuple[str, list[str], str]:
    """A question of the first conversation that has a reference, with its evidence."""
    path = sorted(project.path("data/captioned").iterdir())[0]
    for entry in json.loads(path.read_text())["qa"]:
        if entry["category"] == 4 and len(entry["evidence"]) == 1:
            return entry["question"], entry["evidence"], str(entry["answer"])
    raise AssertionError("the sample has such a question")


def test_the_answer_and_what_it_was_read_from(project: Project) -> None:
    asked, (evidence,), reference = question(project)
    lines = project.must("locomo", "ask", asked, "--conversation", "sample-1", "--k", "60").splitlines()
    units, answer = lines[: lines.index("")], lines[lines.index("") + 1 :]
    assert len(units) == 60
    assert [line.split()[1] for line in units if line.startswith("*")] == [evidence]
    assert answer[0].startswith("words: ")
    assert answer[1:] == [f"reference: {reference}", f"evidence (*): {evidence}"]


def test_evidence_that_was_not_retrieved_is_named(project: Project) -> None:
    output = project.must("locomo", "ask", question(project)[0], "--conversation", "sample-1", "--k", "1")
    evidence = question(project)[1][0]
    assert (f"not retrieved: {evidence}" in output) != (f"* {evidence} " in output)


def test_a_question_of_ones_own(project: Project) -> None:
    command = ["locomo", "ask", "What [b]else[/b] was said about bees?", "--conversation", "sample-1", "--k", "3"]
    output = project.must(*command, "-S", "model=mock/refuse", "-S", "rag.retriever=bm25")
    assert "refuse: Not mentioned in the conversation" in output
    assert "reference" not in output
    assert len(output.split("\n\n")[0].splitlines()) == 3


def test_mistakes_are_one_line(project: Project) -> None:
    for command, said in [
        (("", "--conversation", "sample-1"), "error: the question is empty"),
        (("Who?", "--conversation", "sample-4"), "expected one of sample-1, sample-2, sample-3; did you mean"),
        (("Who?", "--conversation", "sample-1", "--unit", "turn"), "unit 'turn': expected one of dialog"),
        (("Who?", "--conversation", "sample-1", "-S", "model=openai/x"), "OPENAI_API_KEY is not set"),
    ]:
        code, output = project.run("locomo", "ask", *command, OPENAI_API_KEY="")
        assert code in (2, 3)
        assert said in output
        assert "Traceback" not in output
