"""Services by name: where each is asked, with which key, and that an answer is that of the server that gave it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import ROOT
from loopback import Server, reply, serve
from services import ANTHROPIC, GENAI, GOOGLE, OPENAI

from locomo.errors import InputError, ProviderError
from locomo.llm import (
    Client,
    Limits,
    LlmSettings,
    Message,
    Outcome,
    Price,
    Request,
    RequestCache,
    addressed,
    open_model,
    read_prices,
)
from locomo.llm.embedding import open_embedding_model

PLANTED = "planted-5a1d77"
MESSAGES = (Message("user", "Who keeps bees?"),)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HOUSE_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    with ExitStack() as stack:
        both = stack.enter_context(serve()), stack.enter_context(serve())
        for number, server in enumerate(both):
            server.reply = reply(200, OPENAI.answer(f"Ruth {number}", "stop"))
        yield both


def declare(text: str) -> None:
    Path("models.yaml").write_text(text)


def request(model: object, **fields: object) -> Request:
    return Request(**addressed(model), messages=MESSAGES, max_tokens=fields.pop("max_tokens", 8), **fields)


def ask(name: str, cache: RequestCache | None = None) -> str:
    async def main() -> str:
        model = open_model(name, context_window=None)
        try:
            if cache is None:
                return (await model.complete(request(model))).text
            outcome: Outcome = await Client(model, cache).ask(request(model))
            return str(outcome.response and outcome.response.text)
        finally:
            await model.close()

    return asyncio.run(main())


def test_two_servers_with_one_name_for_their_models_share_no_answer(servers, tmp_path: Path) -> None:
    first, second = servers
    declare(
        f"services:\n  house: {{base_url: '{first.address}/v1'}}\n  lab: {{base_url: '{second.address}/v1'}}\n"
        "aliases: {mine: {model: lab/qwen3}}\n"
    )
    cache = RequestCache(tmp_path / "cache")
    assert [ask(name, cache) for name in ("house/qwen3", "lab/qwen3", "mine", "house/qwen3")] == [
        "Ruth 0",
        "Ruth 1",
        "Ruth 1",
        "Ruth 0",
    ]
    assert len(cache) == 2
    assert first.body["model"] == "qwen3"
    assert first.headers.get("Authorization") is None  # it has no key


def test_another_address_is_another_request_and_the_usual_one_is_as_it_was(servers, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
    usual = request(open_model("openai/gpt-4o", context_window=None))
    assert "service" not in usual.fields()
    cache = RequestCache(tmp_path / "cache")
    for server in (*servers, servers[0]):
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.address}/v1")
        assert ask("openai/gpt-4o", cache) == f"Ruth {servers.index(server)}"
    assert len(cache) == 2
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1/")
    assert request(open_model("openai/gpt-4o", context_window=None)).key == usual.key


def test_many_services_are_used_in_one_process_each_with_its_key(servers, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = servers
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{second.address}/v1")
    declare(f"services:\n  house: {{base_url: '{first.address}/v1', key: HOUSE_KEY, headers: {{X-Team: bees}}}}\n")

    async def main() -> list[str]:
        models = [open_model(name, context_window=None) for name in ("house/qwen3", "openai/gpt-4o")]
        found = [(await model.complete(request(model))).text for model in models]
        for model in models:
            await model.close()
        return found

    assert asyncio.run(main()) == ["Ruth 0", "Ruth 1"]
    assert (first.headers["Authorization"], first.headers["X-Team"]) == (f"Bearer {PLANTED}", "bees")
    assert second.headers["Authorization"] == "Bearer sk-planted-openai"


@pytest.mark.parametrize("service", [ANTHROPIC, GOOGLE, GENAI], ids=lambda service: service.model.partition("/")[0])
def test_a_service_can_speak_every_api_and_two_of_a_kind_are_apart(service, servers, monkeypatch) -> None:
    if service is GENAI:
        pytest.importorskip("google.genai")
    monkeypatch.setenv("HOUSE_KEY", PLANTED)
    speaks = service.model.partition("/")[0]
    for number, server in enumerate(servers):
        server.reply = reply(200, service.answer(f"Ruth {number}", service.reasons[0]))
    entries = [
        f"  {name}: {{speaks: {speaks}, base_url: '{server.address}', key: HOUSE_KEY}}\n"
        for name, server in zip(("house", "lab"), servers, strict=True)
    ]
    declare("services:\n" + "".join(entries))

    async def main() -> list[str]:
        models = [open_model(f"{name}/x", context_window=None) for name in ("house", "lab", "house")]
        found = [(await model.complete(request(model))).text for model in models]
        for model in models:
            await model.close()
        return found

    assert asyncio.run(main()) == ["Ruth 0", "Ruth 1", "Ruth 0"]
    assert PLANTED in str(servers[0].headers)


@pytest.mark.parametrize("way", ["by name", "by variable"])
def test_azure_has_its_path_its_header_and_its_version(servers, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    server = servers[0]
    if way == "by name":
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{server.address}/")
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", PLANTED)
        name = "azure/gpt-4o"
    else:
        monkeypatch.setattr("locomo.llm.providers.remote.AZURE", ("127.0.0.1",))
        monkeypatch.setenv("OPENAI_API_KEY", PLANTED)
        base = f"{server.address}/openai/deployments/gpt-4o?api-version=2024-10-21"
        monkeypatch.setenv("OPENAI_BASE_URL", base)
        name = "openai/gpt-4o"
    assert ask(name) == "Ruth 0"
    assert server.path == "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    assert server.headers["api-key"] == PLANTED
    assert server.headers.get("Authorization") is None
    opened = open_model(name, context_window=None)
    assert opened.service == f"{server.address}/openai/deployments/gpt-4o?api-version=2024-10-21"
    assert opened.capabilities.context_window == 128_000


@pytest.mark.parametrize(
    ("name", "address", "key"),
    [
        ("openrouter/openai/gpt-4o", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("together/a/b", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        ("groq/x", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        ("deepseek/deepseek-chat", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
        ("mistral/mistral-small-latest", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        ("ollama/qwen3:8b", "http://localhost:11434/v1", None),
        ("vllm/a/b", "http://localhost:8000/v1", None),
        ("lmstudio/x", "http://localhost:1234/v1", None),
        ("llama-server/x", "http://localhost:8080/v1", None),
    ],
)
def test_well_known_services_are_known(name: str, address: str, key: str | None, monkeypatch) -> None:
    if key:
        with pytest.raises(ProviderError, match=f"model '{name}': {key} is not set; export it"):
            open_model(name, context_window=None)
        monkeypatch.setenv(key, PLANTED)
    model = open_model(name, context_window=None)
    assert model.service == address
    assert f"{model.name}/{model.model}" == name
    price = read_prices().find(model.name, model.model)
    assert price == (None if key else Price(input=0, output=0))


def test_a_projects_entry_of_a_known_name_changes_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(
        "services:\n  groq: {rpm: 30, concurrency: 2, revision: r2, price: {input: 1, output: 2}}\n"
        "models: {groq/x: {context_window: 4000, effort: low, thinking_tokens: 500}}\n"
    )
    monkeypatch.setenv("GROQ_API_KEY", PLANTED)
    model = open_model("groq/x", context_window=None)
    assert (model.service, model.revision, model.concurrency) == ("https://api.groq.com/openai/v1", "r2", 2)
    assert model.limits == Limits(requests=30)
    assert read_prices().find("groq", "x") == Price(input=1, output=2)
    fields = request(model).fields()
    assert (fields["effort"], fields["thinking_tokens"]) == ("low", 500)
    assert model.body(request(model))["max_tokens"] == 508
    assert model.body(request(model))["reasoning_effort"] == "low"


def test_limits_of_a_service_hold_from_the_first_call(servers, tmp_path: Path) -> None:
    declare(f"services:\n  house: {{base_url: '{servers[0].address}/v1', rpm: 300}}\n")
    model = open_model("house/x", context_window=None)
    client = Client(model, RequestCache(tmp_path / "cache"), LlmSettings(concurrency=1))
    requests = [Request(**addressed(model), messages=(Message("user", str(n)),), max_tokens=8) for n in range(5)]
    began = time.monotonic()
    asyncio.run(client.ask_all(requests, lambda: None))
    assert time.monotonic() - began >= 0.6  # 0.2 seconds between two


def test_embeddings_come_from_a_service_too(servers) -> None:
    declare(f"services:\n  house: {{base_url: '{servers[0].address}/v1'}}\n")
    model = open_embedding_model("house/bge-m3")
    assert (model.name, model.model, model.service) == ("house", "bge-m3", f"{servers[0].address}/v1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {openai: {base_url: 'http://x/v1'}}", "services → openai: is the name of a provider"),
        ("services: {house: {key: HOUSE_KEY}}", "services → house → base_url: missing; expected an address like http"),
        ("services: {house: {base_url: '10.0.0.5:8000'}}", "services → house → base_url is '10.0.0.5:8000', expected"),
        ("services: {house: {base_url: 'http://[::1'}}", "expected one like http://localhost:8000/v1"),
        ("services: {house: {base_url: 'http://x:port/v1'}}", "expected one like http://localhost:8000/v1"),
        (f"services: {{house: {{base_url: 'http://me:{PLANTED}@x'}}}}", "holds a login or a key, and this file is"),
        (f"services: {{house: {{base_url: 'http://x?key={PLANTED}'}}}}", "holds a login or a key, and this file is"),
        ("services: {house: {base_url: 'http://x', speaks: bees}}", "services → house → speaks: found 'bees'"),
        ("services: {house: {url: 'http://x'}}", "services → house → url: found 'http://x'"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_one_line(text: str, said: str) -> None:
    declare(text)
    with pytest.raises(InputError) as caught:
        open_model("house/x", context_window=None)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert PLANTED not in str(caught.value)


def test_an_address_in_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", PLANTED)
    with pytest.raises(ProviderError, match="model 'azure/x': AZURE_OPENAI_ENDPOINT is not set; it holds the address"):
        open_model("azure/x", context_window=None)


@pytest.mark.parametrize("part", ["login", "query"])
def test_credentials_in_an_address_are_used_and_never_shown(servers, monkeypatch, tmp_path, part, caplog) -> None:
    server = servers[0]
    where = server.address.replace("//", f"//me:{PLANTED}@") if part == "login" else server.address
    query = f"?api-key={PLANTED}" if part == "query" else ""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{where}/v1{query}")
    caplog.set_level("DEBUG")
    cache = RequestCache(tmp_path / "cache")
    assert ask("openai/x", cache) == "Ruth 0"
    assert server.path == f"/v1/chat/completions{query}"
    if part == "login":
        assert server.headers["Authorization"].startswith("Basic ")
    stored = b"".join(file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file())
    server.reply = reply(400, OPENAI.error(400, f"no such place {server.path} for {PLANTED}"))
    with pytest.raises(ProviderError) as caught:
        ask("openai/x")
    for place in (stored.decode(errors="replace"), caplog.text, str(caught.value)):
        assert PLANTED not in place


def test_a_broken_address_does_not_show_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0")
    for address in (f"http://me:{PLANTED}@host:port/v1", f"ftp://host/v1?api-key={PLANTED}", f"http://x y?{PLANTED}"):
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        with pytest.raises(ProviderError, match=r"OPENAI_BASE_URL is '.*', expected one like http://") as caught:
            open_model("openai/x", context_window=None)
        assert PLANTED not in str(caught.value)


def test_the_servers_of_the_documentation_are_services() -> None:
    page = (ROOT / "docs/servers.md").read_text(encoding="utf-8")
    declare(page.partition("```yaml\n")[2].partition("```")[0])
    known = {}
    for name in ("vllm/Qwen/Qwen3-8B", "llama-server/qwen3-8b", "ollama/qwen3:8b", "tgi/Qwen/Qwen3-8B"):
        model = open_model(name, context_window=None)
        known[model.name] = (model.service, model.concurrency, model.capabilities.context_window)
        assert model.revision
        assert model.capabilities.thinking_room > 0
        assert read_prices().find(model.name, model.model) == Price(input=0, output=0)
    assert known == {  # of 32,768 tokens, 8,192 are for thinking
        "vllm": ("http://127.0.0.1:8000/v1", 64, 24576),
        "llama-server": ("http://127.0.0.1:8080/v1", 4, 24576),
        "ollama": ("http://127.0.0.1:11434/v1", 4, 24576),
        "tgi": ("http://127.0.0.1:8081/v1", 64, 24576),
    }
