"""Reading a dataset and writing it back loses nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from locomo.dataset import read_conversations, read_folder, released_shape, write_conversation
from locomo.errors import InputError
from locomo.schema import Conversation

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "raw" / "sample.json"
RELEASED = ROOT.parent / "shared" / "mirror" / "files" / "md5" / "03" / "e2a21d45726cd5ad29602c4f9998e0"


@pytest.fixture(scope="module")
def released() -> list[Conversation]:
    if not RELEASED.is_file():
        pytest.skip("the released locomo10.json is not beside this checkout")
    return read_conversations(RELEASED)


def same_content(conversations: list[Conversation], source: Path) -> bool:
    return [released_shape(c) for c in conversations] == json.loads(source.read_text(encoding="utf-8"))


def test_the_sample_comes_back_as_it_was() -> None:
    assert same_content(read_conversations(SAMPLE), SAMPLE)


def test_the_release_comes_back_as_it_was(released) -> None:
    assert same_content(released, RELEASED)
    assert type(released[0].questions[1].answer) is int  # 2022 == 2022.0 would pass above


def test_the_release_has_its_known_size(released) -> None:
    assert len(released) == 10
    assert sum(len(c.sessions) for c in released) == 272
    assert sum(len(list(c.turns)) for c in released) == 5_882
    assert Counter(q.category for c in released for q in c.questions) == {1: 282, 2: 321, 3: 96, 4: 841, 5: 446}


def test_odd_entries_of_the_release_are_kept_as_they_are(released) -> None:
    conv_26 = released[0]
    assert [i for i, q in enumerate(conv_26.questions) if isinstance(q.answer, int)] == [1, 26, 40, 49, 72, 75]
    assert not any(isinstance(q.answer, int) for c in released[1:] for q in c.questions)
    asked = [(c, c.question_id(i), q) for c in released for i, q in enumerate(c.questions)]
    without = [name for _, name, q in asked if not q.evidence]
    assert without == ["conv-26:30", "conv-26:46", "conv-50:39", "conv-50:42"]
    odd = [name for c, name, q in asked if not {turn.dia_id for turn in c.turns}.issuperset(q.evidence)]
    assert odd == [
        *("conv-26:37", "conv-42:58", "conv-42:88", "conv-43:18", "conv-47:38"),
        *("conv-49:31", "conv-49:38", "conv-49:46", "conv-50:69"),
    ]
    assert len(conv_26.sessions) == 19
    assert sorted(conv_26.conversation_extra) == sorted(f"session_{n}_date_time" for n in range(20, 36))


def test_pictures_of_the_release(released) -> None:
    turns = [turn for c in released for turn in c.turns if turn.shares_image]
    assert sum(turn.blip_caption is not None for turn in turns) == 1_226
    assert sum(turn.blip_caption is not None and not turn.img_url for turn in turns) == 316
    assert sum(len(turn.img_url or []) for turn in turns) == 910


def test_observations_of_several_turns_cite_them_all(released) -> None:
    assert sum(len(o.dia_ids) > 1 for c in released for o in c.observations) == 15


def test_a_folder_of_conversations_is_read_in_order_of_their_ids(tmp_path: Path) -> None:
    conversations = read_conversations(SAMPLE)
    paths = [write_conversation(c, tmp_path) for c in reversed(conversations)]
    assert sorted(path.name for path in paths) == ["sample-1.json", "sample-2.json", "sample-3.json"]
    assert read_folder(tmp_path) == conversations


def test_what_we_do_not_know_is_kept(tmp_path: Path) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
    sample["licence"] = "CC"
    sample["conversation"]["place"] = {"of": "meeting"}
    sample["conversation"]["session_1"][0]["mood"] = ["glad"]
    sample["qa"][0]["difficulty"] = 3
    path = tmp_path / "one.json"
    path.write_text(json.dumps(sample), encoding="utf-8")
    (conversation,) = read_conversations(path)
    assert released_shape(conversation) == sample


def test_annotations_may_be_absent(tmp_path: Path) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
    path = tmp_path / "bare.json"
    path.write_text(json.dumps({key: sample[key] for key in ("sample_id", "conversation")}), encoding="utf-8")
    (conversation,) = read_conversations(path)
    assert (conversation.questions, conversation.observations, conversation.summaries) == ([], [], {})


def test_observations_cite_turns_as_text_or_as_a_list(tmp_path: Path) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
    sample["observation"] = {"session_1_observation": {"Ruth": [["x", "D1:1"], ["y", "D1:1, D1:3"], ["z", ["D1:5"]]]}}
    path = tmp_path / "cited.json"
    path.write_text(json.dumps(sample), encoding="utf-8")
    (conversation,) = read_conversations(path)
    assert [o.dia_ids for o in conversation.observations] == [("D1:1",), ("D1:1", "D1:3"), ("D1:5",)]


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no conversations there; run `dvc repro`"):
        read_folder(tmp_path)


def test_two_files_of_a_folder_may_not_hold_the_same_conversation(tmp_path: Path) -> None:
    path = write_conversation(read_conversations(SAMPLE)[0], tmp_path)
    (tmp_path / "copy.json").write_bytes(path.read_bytes())
    with pytest.raises(InputError, match="sample_id 'sample-1' occurs 2 times, expected once"):
        read_folder(tmp_path)
