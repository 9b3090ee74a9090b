"""The gateway as its users see it: through OpenAI's own client."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import openai
import pytest
from gateways import client_of, gateway_of, vectors

from locomo.errors import ProviderError
from locomo.gateway import Gateway
from locomo.llm import AnswerError, LlmSettings, Price, Request, Response, TransientError

ASKED = [{"role": "user", "content": "Who keeps bees?"}]
CALLER = ("mem0", "conv-26", "ingest")


def echo(request: Request) -> str:
    return f"echo: {request.messages[-1].content}"


def test_a_chat_is_answered_counted_and_kept(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path, price=Price(input=1.0, output=10.0)) as (gateway, model):
        client = client_of(gateway, *CALLER)
        first, second = (client.chat.completions.create(model="any", messages=ASKED) for _ in range(2))
        assert first.choices[0].message.content == "echo: Who keeps bees?"
        assert (first.usage.prompt_tokens, first.usage.completion_tokens, first.usage.total_tokens) == (10, 2, 12)
        assert first.model == "told-1"
        assert first == second, "a replay is the same to the last field"
        assert len(model.asked) == 1
        usage = gateway.usage("mem0", "conv-26")
        assert (usage.calls, usage.from_cache, usage.input_tokens, usage.output_tokens) == (2, 1, 20, 4)
        assert usage.usd == pytest.approx(2 * 30e-6)
        assert usage.spent == pytest.approx(30e-6)
        assert gateway.usage("mem0", "conv-26", "search").calls == 0
    (line,) = map(json.loads, (tmp_path / "calls.jsonl").read_text().splitlines())
    assert {name: line[name] for name in ("stage", "system", "conversation", "phase")} == {
        "stage": "memory",
        "system": "mem0",
        "conversation": "conv-26",
        "phase": "ingest",
    }


def test_what_is_asked_for_reaches_the_model(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path) as (gateway, model):
        client_of(gateway).chat.completions.create(
            model="any",
            messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            temperature=0.1,
            top_p=0.1,
            max_tokens=2000,
            stop=["\n"],
            seed=3,
            user="somebody",
        )
    (request,) = model.asked
    assert [message.role for message in request.messages] == ["system", "user"]
    assert (request.temperature, request.top_p, request.max_tokens, request.stop, request.seed) == (
        0.1,
        0.1,
        2000,
        ("\n",),
        3,
    )


def test_without_a_limit_an_answer_has_half_of_the_window_at_most(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path, window=1_000) as (gateway, model):
        client_of(gateway).chat.completions.create(model="any", messages=ASKED)
    assert model.asked[0].max_tokens == 500
    assert model.asked[0].temperature == 1.0


def test_choices_are_repeats_of_their_own(tmp_path: Path) -> None:
    with gateway_of(lambda request: str(request.repeat), tmp_path) as (gateway, _):
        answer = client_of(gateway).chat.completions.create(model="any", messages=ASKED, n=3)
    assert [choice.message.content for choice in answer.choices] == ["None", "1", "2"]
    assert answer.usage.prompt_tokens == 30


def test_json_by_a_schema(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"facts": {"type": "array", "items": {"type": "string"}}}}
    schema["required"] = ["facts"]
    said = iter(["no JSON at all", '```json\n{"facts": ["Ruth keeps bees"]}\n```', '{"memory": []}'])
    with gateway_of(lambda _: next(said), tmp_path) as (gateway, model):
        client = client_of(gateway, *CALLER)
        how = {"type": "json_schema", "json_schema": {"name": "facts", "schema": schema, "strict": False}}
        answer = client.chat.completions.create(model="any", messages=ASKED, response_format=how)
        assert json.loads(answer.choices[0].message.content) == {"facts": ["Ruth keeps bees"]}
        assert model.asked[0].schema == schema
        answer = client.chat.completions.create(model="x", messages=ASKED, response_format={"type": "json_object"})
        assert json.loads(answer.choices[0].message.content) == {"memory": []}
        assert gateway.failures("mem0", "conv-26") == []


def test_streams_in_one_chunk(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path) as (gateway, _):
        chunks = list(
            client_of(gateway).chat.completions.create(
                model="any", messages=ASKED, stream=True, stream_options={"include_usage": True}
            )
        )
    said, ended, counted = chunks
    assert said.choices[0].delta.content == "echo: Who keeps bees?"
    assert ended.choices[0].finish_reason == "stop"
    assert counted.usage.total_tokens == 12


def test_embeddings_in_both_encodings(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path) as (gateway, _):
        client = client_of(gateway, *CALLER)
        plain = client.embeddings.create(model="any", input=["a", "b"], dimensions=3, encoding_format="float")
        packed = client.embeddings.create(model="any", input="a", encoding_format="base64")
        default = client.embeddings.create(model="any", input="b")  # the client asks for base64 and reads it
        assert [row.embedding for row in plain.data] == vectors(["a", "b"]).tolist()
        assert np.frombuffer(base64.b64decode(packed.data[0].embedding), "<f4").tolist() == vectors(["a"])[0].tolist()
        assert default.data[0].embedding == vectors(["b"])[0].tolist()
        assert gateway.usage("mem0", "conv-26").texts == 4
        for body in ({"input": "a", "dimensions": 4}, {"input": [[1, 2]]}, {"input": ""}, {"input": []}):
            with pytest.raises(openai.BadRequestError, match="expected"):
                client.embeddings.create(model="any", **body)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"extra_body": {"best_of": 2}}, "best_of"),
        ({"temperature": 3}, "temperature"),
        ({"n": 99}, "n"),
        ({"messages": []}, "messages"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "yaml"}}, "response_format"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0]"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_to_is_refused_by_name(tmp_path: Path, body: dict, named: str) -> None:
    with gateway_of(echo, tmp_path) as (gateway, model):
        with pytest.raises(openai.BadRequestError) as refused:
            client_of(gateway).chat.completions.create(**{"model": "any", "messages": ASKED, **body})
        assert refused.value.param == named
        assert model.asked == []


def test_only_those_with_the_token_are_served(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path) as (gateway, _):
        stranger = openai.OpenAI(base_url=gateway.url(), api_key="guess")
        with pytest.raises(openai.AuthenticationError, match="token"):
            stranger.models.list()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{gateway.address}/metrics")  # noqa: S310
        assert [model.id for model in client_of(gateway).models.list()] == ["told/one", "three"]
        assert gateway.address.startswith("http://127.0.0.1:")
        with pytest.raises(openai.NotFoundError, match="expected /v1/chat/completions"):
            client_of(gateway).responses.create(model="any", input="hi")


def test_a_bad_answer_is_a_failure_until_a_better_one_comes(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "List the facts as JSON."}]
    said = iter(["I cannot.", "[1]"])
    with gateway_of(lambda _: next(said), tmp_path) as (gateway, model):
        client = client_of(gateway, *CALLER)
        client.chat.completions.create(model="any", messages=asked)
        (line,) = gateway.failures("mem0", "conv-26")
        assert "no JSON" in line
        assert gateway.failures("mem0", "conv-30") == []
        assert client.chat.completions.create(model="any", messages=asked).choices[0].message.content == "[1]"
        assert gateway.failures("mem0", "conv-26") == []
        assert [request.repeat for request in model.asked] == [None, 1]
    with gateway_of(echo, tmp_path) as (gateway, model):  # a second run goes the same way without a call
        client = client_of(gateway, *CALLER)
        answers = [client.chat.completions.create(model="any", messages=asked) for _ in range(2)]
        assert [answer.choices[0].message.content for answer in answers] == ["I cannot.", "[1]"]
        assert model.asked == []


def test_trouble_comes_in_openais_shape_and_is_not_sent_again(tmp_path: Path) -> None:
    def fail(request: Request) -> Exception:
        refused = "filter" in request.messages[-1].content
        return AnswerError("refused by the filter") if refused else TransientError("HTTP 529", retry_after=999)

    with gateway_of(fail, tmp_path) as (gateway, model):
        client = client_of(gateway, *CALLER)
        with pytest.raises(openai.UnprocessableEntityError, match="refused by the filter") as refused:
            client.chat.completions.create(model="any", messages=[{"role": "user", "content": "filter"}])
        assert refused.value.code == "unusable_answer"
        assert len(model.asked) == 1
        assert gateway.failures("mem0", "conv-26") == ["refused by the filter"]


def test_the_budget_and_the_cache_alone_hold(tmp_path: Path) -> None:
    dear = Price(input=1e6, output=1e6)
    with gateway_of(echo, tmp_path, settings=LlmSettings(budget_usd=0.01), price=dear) as (gateway, model):
        with pytest.raises(openai.APIStatusError, match=r"llm\.budget_usd") as broke:
            client_of(gateway, *CALLER).chat.completions.create(model="any", messages=ASKED)
        assert broke.value.status_code == 402
        assert "llm.budget_usd" in str(gateway.trouble)
        assert model.asked == []
    with gateway_of(echo, tmp_path, settings=LlmSettings(offline=True)) as (gateway, model):
        with pytest.raises(openai.InternalServerError, match="no answer in the cache"):
            client_of(gateway, *CALLER).chat.completions.create(model="any", messages=ASKED)
        assert len(gateway.failures("mem0", "conv-26")) == 1
        assert model.asked == []


def test_trouble_with_one_request_ends_no_other(tmp_path: Path) -> None:
    def answer(request: Request) -> str | Exception:
        return ProviderError("the prompt is too long") if "long" in request.messages[-1].content else "fine"

    with gateway_of(answer, tmp_path) as (gateway, _):
        client = client_of(gateway)
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model="any", messages=[{"role": "user", "content": "long"}])
        assert refused.value.code == "context_length_exceeded"
        assert client.chat.completions.create(model="any", messages=ASKED).choices[0].message.content == "fine"
        assert gateway.trouble is None


def test_metrics_are_there_to_scrape(tmp_path: Path) -> None:
    with gateway_of(echo, tmp_path, price=Price(input=1.0, output=1.0)) as (gateway, _):
        for _ in range(2):
            client_of(gateway, *CALLER).chat.completions.create(model="any", messages=ASKED)
        text = scraped(gateway)
    assert 'locomo_gateway_answers_total{source="cache",system="mem0"} 1.0' in text
    assert 'locomo_gateway_answers_total{source="model",system="mem0"} 1.0' in text
    assert 'locomo_gateway_requests_total{endpoint="chat/completions",status="200",system="mem0"} 2.0' in text
    assert 'locomo_gateway_tokens_total{direction="input",system="mem0"} 20.0' in text


def scraped(gateway: Gateway) -> str:
    headers = {"Authorization": f"Bearer {gateway.token}"}
    call = urllib.request.Request(f"{gateway.address}/metrics", headers=headers)  # noqa: S310
    with urllib.request.urlopen(call) as answer:  # noqa: S310
        return str(answer.read().decode())


def test_one_flight_for_the_same_request_of_many(tmp_path: Path) -> None:
    def slow(_: Request) -> str:
        time.sleep(0.2)
        return "once"

    with gateway_of(slow, tmp_path) as (gateway, model):
        client, said = client_of(gateway, *CALLER), []

        def ask() -> None:
            said.append(client.chat.completions.create(model="any", messages=ASKED).choices[0].message.content)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said == ["once"] * 8
    assert len(model.asked) == 1


def test_an_answer_without_words_is_not_kept_from_its_asker(tmp_path: Path) -> None:
    cut = Response("half an ans", "told-1", 10, 2, finish_reason="length")
    with gateway_of(lambda _: cut, tmp_path) as (gateway, _):
        answer = client_of(gateway, *CALLER).chat.completions.create(model="any", messages=ASKED)
        assert answer.choices[0].finish_reason == "length"
        assert gateway.failures("mem0", "conv-26") == []
