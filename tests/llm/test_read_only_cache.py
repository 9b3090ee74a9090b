"""A request cache that may not be written is read, and nothing is asked whose answer could not be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.llm import LlmSettings, Message, Request, RequestCache, Response, open_cache, open_model
from locomo.llm.cache.read_only import ReadOnlyBackend
from locomo.pipeline.models import client_of

REQUESTS = [Request("mock", "words", (Message("user", text),), 8) for text in ("Who?", "Where?")]


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one answer that may not be written (root may write anything, so it is told so)."""
    cache = RequestCache(tmp_path / "requests")
    cache.put(REQUESTS[0], Response("Ruth", model="words", input_tokens=1, output_tokens=1))
    cache.close()
    folder = tmp_path / "requests"
    monkeypatch.setattr(ReadOnlyBackend, "must_be", staticmethod(lambda asked: asked == folder))
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    folder.chmod(0o755)


def test_answers_are_read_and_nothing_is_written(closed: Path) -> None:
    before = {path.name: path.read_bytes() for path in closed.iterdir()}
    cache = open_cache(str(closed))
    assert cache.get(REQUESTS[0]).text == "Ruth"
    assert cache.get(REQUESTS[1]) is None
    assert cache.keys() == [REQUESTS[0].key]
    assert len(cache) == 1
    assert cache.backend.size() > 0
    with pytest.raises(
        InputError, match=r"may be read and not written, so no new answer can be kept: set LOCOMO_CACHE"
    ):
        cache.put(REQUESTS[1], Response("here", model="words", input_tokens=1, output_tokens=1))
    cache.close()
    assert {path.name: path.read_bytes() for path in closed.iterdir()} == before


def test_nothing_is_asked_whose_answer_could_not_be_kept(closed: Path, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(open_model("mock/words", context_window=None), LlmSettings(cache=str(closed)))
    assert client.settings.offline
    assert f"{closed} may be read and not written: as with llm.offline=true, nothing new is asked" in caplog.text
    assert client.missing(REQUESTS) == [REQUESTS[1]]


def test_a_folder_that_may_be_written_is(tmp_path: Path) -> None:
    assert open_cache(str(tmp_path / "new")).folder == tmp_path / "new"
    assert not ReadOnlyBackend.must_be(tmp_path / "new")
    assert not ReadOnlyBackend.must_be(tmp_path / "none")
