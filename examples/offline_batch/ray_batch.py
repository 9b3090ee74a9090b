"""Answer what a stage lacks by vLLM on a Ray cluster, without a server, into a file that `locomo cache import` reads.

    python examples/offline_batch/ray_batch.py logs/qa.missing.jsonl answers.jsonl --model Qwen/Qwen3-8B --replicas 4

docs/servers.md has the steps before and after. Ray and vLLM come with `pip install 'ray[llm]'`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locomo.llm import AnswerError, Response
from locomo.llm.cache import Refusal
from locomo.llm.cache.entry import entry_text
from locomo.llm.cache.misses import read_request
from locomo.llm.providers.messages import merge_system
from locomo.llm.providers.reading import with_answer

WHERE = "logs/STAGE.missing.jsonl"


def engine_row(line: str, *, system: bool = True, thinking_tokens: int = 0) -> dict[str, Any] | None:
    """Return what the engine is given for a line of logs/STAGE.missing.jsonl: the same as a server would be sent.

    None for what only a server can be asked: pictures, tools, answers by a schema.
    """
    request = read_request(line, WHERE)
    if request.schema is not None or request.tools or request.image_count or request.kind is not None:
        return None
    messages = request.messages if system else merge_system(request.messages)
    sampling = {
        "max_tokens": request.max_tokens + thinking_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop) if request.stop else None,
        "seed": request.seed,
    }
    return {
        "request": line,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "sampling_params": {name: value for name, value in sampling.items() if value is not None},
    }


def entry(row: dict[str, Any], model: str, *, thinking_tokens: int = 0) -> str | None:
    """Return the line of `locomo cache import` for a row that comes back; None if the engine failed with it."""
    if row.get("__inference_error__"):
        return None
    request = read_request(row["request"], WHERE)
    received = Response(
        text="",
        model=model,
        input_tokens=int(row["num_input_tokens"]),
        output_tokens=int(row["num_generated_tokens"]),
        finish_reason="length" if int(row["num_generated_tokens"]) >= request.max_tokens + thinking_tokens else "stop",
    )
    try:
        found: Response | Refusal = with_answer(received, row["generated_text"], stop=request.stop)
    except AnswerError as error:
        found = Refusal.of(error)
    return json.dumps({"key": request.key, **json.loads(entry_text(request, found))}, ensure_ascii=False)


def answered(missing: Path, given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the rows with what vLLM says, in any order. The file is read piece by piece, on the cluster's machines.

    Its lines are sorted by conversation, and a piece is neighbours: a replica reads a conversation's beginning once.
    """
    import ray
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    config = vLLMEngineProcessorConfig(
        model_source=given.model,
        engine_kwargs={"max_model_len": given.window, "enable_prefix_caching": True},
        concurrency=given.replicas,
        batch_size=64,
        should_continue_on_error=True,
    )
    kept = ("request", "generated_text", "num_input_tokens", "num_generated_tokens", "__inference_error__")
    processor = build_processor(config, postprocess=lambda row: {name: row.get(name) for name in kept})
    asked = ray.data.read_text(str(missing)).flat_map(lambda row: rows(row["text"], given))
    yield from processor(asked).iter_rows()


def rows(line: str, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the row of a line, or none."""
    row = engine_row(line, system=not given.no_system, thinking_tokens=given.thinking_tokens)
    return [] if row is None else [row]


def main() -> None:
    """Let what is missing be answered, and write what has come."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("missing", type=Path, help="logs/STAGE.missing.jsonl")
    parser.add_argument("answers", type=Path, help="the file to write")
    parser.add_argument("--model", required=True, help="hub id or folder")
    parser.add_argument("--window", type=int, default=32768, help="tokens of prompt and answer together")
    parser.add_argument("--replicas", type=int, default=1, help="engines, each with a GPU of its own")
    parser.add_argument("--thinking-tokens", type=int, default=0, help="room besides an answer's length")
    parser.add_argument("--no-system", action="store_true", help="the model's template has no system role")
    given = parser.parse_args()
    count = failed = 0
    with given.answers.open("w", encoding="utf-8") as file:  # as they come: what is there can be imported after a stop
        for row in answered(given.missing, given):
            text = entry(row, given.model, thinking_tokens=given.thinking_tokens)
            if text is None:
                failed += 1
                continue
            file.write(text + "\n")
            count += 1
    print(f"{given.answers}: {count:,} answers, {failed:,} failed")


if __name__ == "__main__":
    main()
