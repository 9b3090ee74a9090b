"""Functions that a model may call: from models that can, and from those that are asked for JSON instead."""

from __future__ import annotations

import json
from pathlib import Path

import openai
import pytest
from gateways import client_of, gateway_of

from locomo.gateway import Gateway, running
from locomo.llm import Client, Message, Request, RequestCache, Response, open_model
from locomo.llm.cache.entry import entry_text, read_found
from locomo.llm.providers.anthropic_tools import tool_fields, turns_with_tools
from locomo.llm.types import ToolCall

ASKED = [{"role": "user", "content": "Remember: Ruth keeps bees."}]
PARAMETERS = {"type": "object", "properties": {"content": {"type": "string"}}, "required": ["content"]}
TOOLS = [{"type": "function", "function": {"name": "remember", "description": "Keep it.", "parameters": PARAMETERS}}]
CALLING = json.dumps({"tool_calls": [{"name": "remember", "arguments": {"content": "Ruth keeps bees"}}] * 2})


def calls_of(gateway: Gateway, **how: object) -> list[tuple[str, dict]]:
    answer = client_of(gateway).chat.completions.create(
        model="any", messages=ASKED, tools=TOOLS, tool_choice="required", **how
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    return [(call.id, json.loads(call.function.arguments)) for call in answer.choices[0].message.tool_calls]


def test_a_model_without_tools_is_asked_for_json(tmp_path: Path) -> None:
    with gateway_of(lambda _: CALLING, tmp_path) as (gateway, model):
        (one, told), (two, _) = calls_of(gateway)
        assert told == {"content": "Ruth keeps bees"}
        assert one != two
        assert [name for name, _ in calls_of(gateway)] == [one, two], "ids are the same in a replay"
        request = model.asked[0]
        assert request.tools is None
        assert "- remember: Keep it." in request.messages[-1].content
        with pytest.raises(openai.UnprocessableEntityError, match="no JSON by the schema"):
            calls_of(gateway, parallel_tool_calls=False)  # which the model does not keep to


def test_where_no_call_is_wanted_an_answer_will_do(tmp_path: Path) -> None:
    with gateway_of(lambda _: '{"answer": "Noted."}', tmp_path) as (gateway, model):
        client = client_of(gateway)
        answer = client.chat.completions.create(model="any", messages=ASKED, tools=TOOLS)
        assert answer.choices[0].message.content == "Noted."
        assert answer.choices[0].message.tool_calls is None
        client.chat.completions.create(model="any", messages=ASKED, tools=TOOLS, tool_choice="none")
        assert model.asked[-1].schema is None


def test_results_of_calls_are_told_as_texts(tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "remember", "arguments": '{"content": "bees"}'}}
    chat = [
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "kept"},
    ]
    with gateway_of(lambda _: "Good.", tmp_path) as (gateway, model):
        client_of(gateway).chat.completions.create(model="any", messages=chat)
    _, said, result = model.asked[0].messages
    assert json.loads(said.content) == {"tool_calls": [{"name": "remember", "arguments": {"content": "bees"}}]}
    assert (result.role, result.content) == ("user", "Result of remember: kept")


def test_openais_models_call_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another gateway stands for OpenAI's service: what this one sends and reads is what that one reads and sends."""
    with gateway_of(lambda _: CALLING, tmp_path / "far") as (far, model):
        monkeypatch.setenv("OPENAI_BASE_URL", far.url())
        monkeypatch.setenv("OPENAI_API_KEY", far.token)
        cache = RequestCache(tmp_path / "near")
        near_client = Client(open_model("openai/m", context_window=None), cache)
        with running(chat=near_client, embed=lambda _: None) as near:
            assert [told for _, told in calls_of(near)] == [{"content": "Ruth keeps bees"}] * 2
            assert calls_of(near) == calls_of(near)
            assert len(model.asked) == 1
            chat = [{"role": "tool", "tool_call_id": "c1", "content": "kept"}]
            call = {"id": "c1", "type": "function", "function": {"name": "remember", "arguments": "{}"}}
            client_of(near).chat.completions.create(
                model="any",
                messages=[*ASKED, {"role": "assistant", "content": None, "tool_calls": [call]}, *chat],
                tools=TOOLS,
                tool_choice={"type": "function", "function": {"name": "remember"}},
                top_p=0.5,
            )
        cache.close()
    assert model.asked[-1].messages[-1].content.startswith("Result of remember: kept")
    assert model.asked[-1].top_p == 0.5


def test_anthropics_shape() -> None:
    request = Request(
        "anthropic",
        "m",
        (
            Message("user", "Remember."),
            Message("assistant", "", tool_calls=(ToolCall("c1", "remember", '{"content": "x"}'),)),
            Message("tool", "kept", tool_call_id="c1"),
            Message("tool", "kept too", tool_call_id="c2"),
        ),
        100,
        tools=({"name": "remember", "parameters": PARAMETERS},),
        tool_choice="tool:remember",
        parallel_tools=False,
    )
    assert tool_fields(request) == {
        "tools": [{"name": "remember", "description": "", "input_schema": PARAMETERS}],
        "tool_choice": {"type": "tool", "name": "remember", "disable_parallel_tool_use": True},
    }
    turns = turns_with_tools(request.messages, lambda message: message.content)
    assert turns[1]["content"] == [{"type": "tool_use", "id": "c1", "name": "remember", "input": {"content": "x"}}]
    assert [block["tool_use_id"] for block in turns[2]["content"]] == ["c1", "c2"]
    assert len(turns) == 3


def test_calls_are_kept_with_their_answer() -> None:
    request = Request("openai", "m", (Message("user", "x"),), 10)
    calling = Response("", "m", 1, 1, tool_calls=(ToolCall("c1", "remember", "{}"),))
    assert read_found(entry_text(request, calling), "here") == calling
    assert "tool_calls" not in entry_text(request, Response("text", "m", 1, 1))
