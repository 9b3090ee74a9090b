"""The page of a generated conversation: everything is on it, nothing is loaded, nothing that was said runs."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from stage_door import PAIR, Actor, Letters, perform, settings

from locomo.generation.agents import Generated, generate
from locomo.generation.reading import reading_view
from locomo.llm import Client, RequestCache

PICTURE = "data/raw/sample_images/beehives.png"
EVIL = '<img src=x onerror="alert(1)"></article>'


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, key: str) -> list[str | None]:
        return [attributes[key] for found, attributes in self.tags if found == tag and key in attributes]


def twist(value: Any, step: str) -> Any:
    if "/turn-" in step and "photo/" not in step:
        value["text"] = f"{EVIL} {step.split('/')[-2]}"
        if "photo" in value:
            value["photo"] = 'a "red" boat'
        if "bye" in value:
            value["bye"] = False
    return value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    (one,) = perform(Actor(twist), tmp_path_factory.mktemp("cache"))
    return one


def with_pictures(made: Generated, *links: str) -> Generated:
    first, *rest = made.conversation.sessions
    turn = first.turns[0].model_copy(update={"img_url": list(links)})
    session = first.model_copy(update={"turns": [turn, *first.turns[1:]]})
    conversation = made.conversation.model_copy(update={"sessions": [session, *rest]})
    return Generated(conversation, made.agents, made.calendar, made.steps)


def test_everything_is_on_the_page(made: Generated) -> None:
    page = Page(reading_view(made))
    conversation = made.conversation
    words = " ".join(page.text.split())
    for said in (
        *(turn.text for turn in conversation.turns),
        *conversation.summaries.values(),
        *(observation.text for observation in conversation.observations),
        *(question.question for question in conversation.questions),
        *(agent.persona.summary for agent in made.agents),
        *(event.text for agent in made.agents for event in agent.events),
        'a "red" boat',
        "Nothing here was written or checked by people.",
    ):
        assert " ".join(said.split()) in words
    assert {turn.dia_id for turn in conversation.turns} <= set(page.all("article", "id"))


def test_nothing_is_loaded_and_nothing_that_was_said_runs(made: Generated) -> None:
    page = Page(
        reading_view(with_pictures(made, "https://example.org/boat.jpg", "javascript:alert(1)", "../secret.txt"))
    )
    assert page.all("img", "src") == []
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object")]
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    outside = [href for href in page.all("a", "href") if not str(href).startswith("#")]
    assert outside == ["https://example.org/boat.jpg"]


def test_links_within_the_page_lead_somewhere(made: Generated) -> None:
    page = Page(reading_view(made))
    places = {attributes["id"] for _, attributes in page.tags if attributes.get("id")}
    inside = {str(href)[1:] for href in page.all("a", "href") if str(href).startswith("#")}
    assert inside <= places


def test_pictures_that_are_here_are_put_into_the_page(made: Generated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = Page(reading_view(with_pictures(made, PICTURE)))
    (source,) = page.all("img", "src")
    assert str(source).startswith("data:image/png;base64,")
    assert page.all("img", "alt") == ['a "red" boat']


def test_a_picture_source_gives_turns_their_links(tmp_path: Path) -> None:
    sought: list[str] = []

    async def find(query: str) -> str | None:
        sought.append(query)
        return PICTURE if len(sought) == 1 else None

    client = Client(Actor(twist), RequestCache(tmp_path))
    (made,) = generate(client, settings(), [PAIR], Letters(), on_session=lambda: None, find_picture=find)
    client.cache.close()
    shared = [turn for turn in made.conversation.turns if turn.shares_image]
    assert [turn.query for turn in shared] == sought
    assert [turn.img_url for turn in shared] == [[PICTURE], *[None] * (len(shared) - 1)]
