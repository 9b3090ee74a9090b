"""`locomo gateway`: the models of this project behind one OpenAI-compatible address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from locomo.gateway import Gateway


def gateway(  # noqa: PLR0917  (a command is called by name)
    model: Annotated[str | None, typer.Option(help="Model that answers; without it, that of params.yaml.")] = None,
    embedder: Annotated[
        str | None, typer.Option(help="Encoder of embeddings; without it, embed.encoder of params.yaml.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8642,
    host: Annotated[str, typer.Option(help="Address to listen on. Any but loopback needs a token.")] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(envvar="LOCOMO_GATEWAY_TOKEN", help="Token that callers must send; without it, one is made."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Override a parameter, such as llm.budget_usd=5. May be repeated."),
    ] = None,
) -> None:
    """Serve a model to others through the request cache, the limits and the budget of this project.

    It speaks OpenAI's chat completions and embeddings. Ctrl-C ends it.
    """
    from locomo.pipeline.params import read_params
    from locomo.pipeline.runs import run_id
    from locomo.pipeline.serving import serve
    from locomo.pipeline.telemetry import telemetry

    params = read_params(overrides or ())

    def say(opened: Gateway) -> None:
        typer.echo(f"{opened.model} and {opened.embedder} at {opened.url()}")
        if not token:
            typer.echo(f"token: {opened.token}")

    with telemetry("gateway", run_id()):
        serve(
            params,
            model=model or params.model,
            encoder=embedder or params.embed.encoder,
            host=host,
            port=port,
            token=token,
            on_start=say,
        )
