"""`locomo models`: what is known of models, and which of them can be used here."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_WIDTH_OF_ALL = 130
"""Columns that the widest row takes."""


def models() -> None:
    """List providers with what each lacks here, and the models and aliases that are known by name."""
    from locomo.llm.catalog import OWN, read_catalog
    from locomo.llm.registry import PROVIDERS, missing

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_ALL)
    gaps = {provider: missing(provider) for provider in PROVIDERS}
    providers = _table("provider", "here")
    for provider, gap in gaps.items():
        providers.add_row(f"{provider}/…", f"[red]{gap}[/red]" if gap else "[green]usable[/green]")
    console.print(providers)

    catalog = read_catalog()
    known = _table("model", "window", "here", "note")
    known.columns[1].justify = "right"
    aliases = {name: alias.model for name, alias in catalog.aliases.items()}
    for name in [*catalog.models, *aliases]:
        target, facts = catalog.resolve(name)
        note = f"is {target}" if name in aliases else ""
        known.add_row(
            name,
            f"{facts.context_window:,}" if facts.context_window else "",
            "[red]no[/red]" if gaps.get(target.partition("/")[0], "unknown") else "[green]yes[/green]",
            ", ".join(filter(None, (note, facts.note))),
        )
    console.print(known)
    console.print(
        f"Any other model of a provider can be used as well. Windows are in tokens. A file {OWN} here adds models and "
        "aliases.",
        highlight=False,
    )


def _table(*headers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=header == "model")
    return table
