"""Models that see: the picture arrives as each service wants it, and is paid for once."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, in_turn, reply, serve
from PIL import Image as Pillow
from services import ANTHROPIC, GENAI, GOOGLE, OPENAI, SERVICES, Service

from locomo.captioning.captioner import Caption, ImageFile
from locomo.captioning.image_format import inspect
from locomo.captioning.vision import SIDE, VisionCaptioner
from locomo.errors import IncompleteError, InputError, ProviderError
from locomo.llm import Client, Image, LlmSettings, Message, Request, RequestCache, open_model
from locomo.llm.accounting import estimate
from locomo.llm.cache.entry import Entry
from locomo.llm.cache.misses import nearest, read_request
from locomo.llm.images import image_bytes

WORDS = "A photo of a red canoe\n on a lake."


def painted(colour: str = "red", kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    written = io.BytesIO()
    Pillow.new("RGB", size, colour).save(written, kind)
    return written.getvalue()


@pytest.fixture(params=SERVICES, ids=lambda service: service.model.partition("/")[0])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Service:
    service: Service = request.param
    if service is GENAI:
        pytest.importorskip("google.genai")
    monkeypatch.setenv(service.key, "sk-planted-3f9c51")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "models.yaml").write_text(f"models:\n  {service.model}: {{images: true}}\n")
    monkeypatch.chdir(tmp_path / "here")
    return service


@pytest.fixture
def server(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv(service.address, running.address + service.base)
        running.reply = reply(200, service.answer(WORDS, service.reasons[0]))
        yield running


def picture(folder: Path, data: bytes) -> ImageFile:
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return ImageFile(path, inspect(data))


def caption(service: Service, cache: Path, *images: ImageFile, **settings: object) -> tuple[list[Caption], Client]:
    model = open_model(service.model, context_window=None)
    client = Client(model, RequestCache(cache), LlmSettings(**settings))
    return VisionCaptioner(client).caption(images), client


def sent(service: Service, body: dict) -> tuple[str, bytes, str]:
    """Media type and bytes of the one picture in a request, and the text after it."""
    if service is OPENAI:
        shown, said = body["messages"][-1]["content"]
        assert shown["type"] == "image_url"
        assert shown["image_url"]["detail"] == "low"
        kind, _, data = shown["image_url"]["url"].removeprefix("data:").partition(";base64,")
    elif service is ANTHROPIC:
        shown, said = body["messages"][-1]["content"]
        assert (shown["type"], shown["source"]["type"]) == ("image", "base64")
        kind, data = shown["source"]["media_type"], shown["source"]["data"]
    else:
        shown, said = body["contents"][-1]["parts"]
        blob = shown.get("inlineData") or shown["inline_data"]
        kind, data = blob.get("mimeType") or blob["mime_type"], blob["data"]
        data = data.replace("-", "+").replace("_", "/")  # one of the libraries writes it for URLs
    return kind, base64.b64decode(data), said["text"]


def test_a_picture_arrives_as_it_is_and_is_captioned_on_one_line(
    service: Service, server: Server, tmp_path: Path
) -> None:
    data = painted(kind="PNG")
    made, _ = caption(service, tmp_path / "cache", picture(tmp_path, data))
    assert made == [Caption("A photo of a red canoe on a lake.")]
    kind, arrived, text = sent(service, server.body)
    assert (kind, arrived) == ("image/png", data)
    assert "Caption this photo" in text


def test_the_second_run_is_answered_by_the_cache_which_holds_no_picture(
    service: Service, server: Server, tmp_path: Path
) -> None:
    image = picture(tmp_path, painted(size=(300, 200), kind="JPEG"))
    first, client = caption(service, tmp_path / "cache", image)
    assert client.tally.answered == 1
    server.reply = reply(500, b"")
    again, client = caption(service, tmp_path / "cache", image, offline=True)
    assert (again, client.tally.hits) == (first, 1)
    (key,) = client.cache.keys()
    stored = json.loads(client.cache.backend.get(key) or "")
    assert stored["request"]["messages"][-1]["images"] == [
        {"sha256": image.facts.sha256, "media_type": "image/jpeg", "side": SIDE}
    ]
    assert len(json.dumps(stored)) < 3_000


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (painted(kind="GIF"), "image/jpeg"),
        (painted(kind="WEBP"), "image/webp"),
        (painted(kind="PNG", size=(3_000, 1_500)), "image/jpeg"),
    ],
    ids=["a type that not all take", "a type that all take", "a large one"],
)
def test_what_a_service_would_not_take_is_made_fit_for_it(
    service: Service, server: Server, tmp_path: Path, data: bytes, kind: str
) -> None:
    caption(service, tmp_path / "cache", picture(tmp_path, data))
    arrived_as, arrived, _ = sent(service, server.body)
    assert arrived_as == kind
    with Pillow.open(io.BytesIO(arrived)) as seen:
        assert max(seen.size) <= SIDE
        red, green, blue = seen.convert("RGB").getpixel((1, 1))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60


def test_a_refusal_is_the_reason_and_the_others_have_captions(service: Service, server: Server, tmp_path: Path) -> None:
    server.reply = in_turn(*[reply(200, service.answer(text, service.reasons[0])) for text in ("", "Ok")])
    images = [picture(tmp_path, painted("red")), picture(tmp_path, painted("blue"))]
    made, _ = caption(service, tmp_path / "cache", *images, concurrency=1)
    assert sorted((each.text is None, each.error) for each in made) == [
        (False, None),
        (True, "the model gave an empty answer"),
    ]


def test_what_fails_for_now_is_to_be_run_again(service: Service, server: Server, tmp_path: Path, waits: list) -> None:
    server.reply = reply(503, b"{}")
    with pytest.raises(IncompleteError, match="1 of 1 captions failed temporarily, most often with HTTP 503"):
        caption(service, tmp_path / "cache", picture(tmp_path, painted()))


def test_a_model_that_sees_nothing_is_not_asked(service: Service, server: Server, tmp_path: Path) -> None:
    Path("models.yaml").unlink()
    server.reply = None  # type: ignore[assignment]
    with pytest.raises(ProviderError, match=f"model '{service.model}': is not known to accept images") as caught:
        caption(service, tmp_path / "cache", picture(tmp_path, painted()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mock", ["openai", "anthropic", "google"])
def test_servers_that_know_the_real_shapes_take_it(
    mock: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("llmock")
    llmock = request.getfixturevalue("llmock")
    service = {"openai": OPENAI, "anthropic": ANTHROPIC, "google": GOOGLE}[mock]
    monkeypatch.setenv(service.key, "sk-planted-3f9c51")
    monkeypatch.setenv(service.address, llmock.base_url(service.dialect))
    (tmp_path / "models.yaml").write_text(f"models:\n  {service.model}: {{images: true}}\n")
    monkeypatch.chdir(tmp_path)
    llmock.reply("A photo of bees.")
    image = picture(tmp_path, painted())
    made, _ = caption(service, tmp_path / "cache", image)
    assert made == [Caption("A photo of bees.")]
    assert base64.b64encode(painted()).decode()[:40] in json.dumps(llmock.last_request.body)
    again, client = caption(service, tmp_path / "cache", image)
    assert (again, client.tally.answered, len(llmock.requests)) == (made, 0, 1)


# Requests with pictures.

SHOWN = Image("ab" * 32, "image/png", side=1_024)
PLAIN = Request("mock", "words", (Message("user", "What is this?"),), 8)
SEEN = Request("mock", "words", (Message("user", "What is this?", (SHOWN,)),), 8)


def test_another_picture_is_another_request_and_where_it_lies_does_not_matter() -> None:
    def key(image: Image) -> str:
        return Request("mock", "words", (Message("user", "What is this?", (image,)),), 8).key

    keys = {
        key(SHOWN),
        key(Image("cd" * 32, "image/png", side=1_024)),
        key(Image("ab" * 32, "image/jpeg", side=1_024)),
        key(Image("ab" * 32, "image/png", side=512)),
        key(Image("ab" * 32, "image/png")),
        PLAIN.key,
    }
    assert len(keys) == 6
    assert key(Image("ab" * 32, "image/png", side=1_024, path=Path("elsewhere"))) == key(SHOWN)
    assert Request("mock", "words", (Message("user", "What is this?", ()),), 8).key == PLAIN.key


def test_a_stored_request_with_a_picture_is_read_back_and_compared() -> None:
    text = json.dumps(SEEN.fields())
    assert read_request(text, "request.json").key == SEEN.key
    found = nearest(PLAIN, [Entry(SEEN.key, SEEN.fields(), {})])
    assert found is not None
    (difference,) = found.differences
    assert difference.startswith("messages[0].images: ")
    assert "abab" in difference


def test_a_budget_reckons_with_pictures() -> None:
    assert estimate(SEEN) - estimate(PLAIN) == 3_000


@pytest.mark.parametrize("text", ["gguf/smollm2-135m-instruct", "mock/words"])
def test_only_providers_that_send_pictures_are_shown_one(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.yaml").write_text(f"models:\n  {text}: {{images: true}}\n")  # whatever a user says
    monkeypatch.chdir(tmp_path)
    assert open_model(text, context_window=None).capabilities.images == text.startswith("mock/")


def test_a_file_that_changed_since_is_not_sent(tmp_path: Path) -> None:
    image = picture(tmp_path, painted())
    shown = Image(image.facts.sha256, "image/png", path=image.path)
    assert image_bytes(shown) == ("image/png", painted())
    image.path.write_bytes(painted("blue"))
    with pytest.raises(InputError, match="the file has changed"):
        image_bytes(shown)
    image.path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        image_bytes(shown)
    with pytest.raises(InputError, match="its file is not here"):
        image_bytes(SHOWN)
