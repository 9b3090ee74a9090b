"""Data Docs: what Great Expectations found, as pages that need no network.

Great Expectations' own pages take their styles, scripts and logo from servers elsewhere. Its renderers and templates
are used for each table here, inside a page of ours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from locomo.files import write_text
from locomo.pages import templates
from locomo.validation.check import Checked
from locomo.validation.finding import SuiteResult
from locomo.validation.suite import Suite


def write_page(folder: Path, label: str, suite: Suite, checked: Checked) -> Path:
    """Write the page of one output and return its path."""
    page = _environment().get_template("validation_page.html")
    tables = {name: _sections(name, outcome) for name, outcome in checked.by_table.items()}
    path = folder / f"{label}.html"
    write_text(path, page.render(label=label, suite=suite, result=checked.result, tables=tables))
    return path


def write_index(folder: Path, results: Sequence[tuple[str, str, SuiteResult]]) -> Path:
    """Write the page that leads to the others, of (label, when it was checked, result), and return its path."""
    path = folder / "index.html"
    write_text(path, _environment().get_template("validation_index.html").render(results=results))
    return path


@cache
def _environment() -> Environment:
    return templates("locomo.validation", "pages")


@cache
def _great_expectations() -> tuple[Any, Any]:
    """Return Great Expectations' renderer of results, and its template of a section."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()
    section = view.env.from_string(
        "{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}"
    )
    return ValidationResultsPageRenderer(), section


def _sections(table: str, outcome: Any) -> Markup:
    """Return what Great Expectations says of a table; its overview is left out, since our page has one for all."""
    renderer, template = _great_expectations()
    _, *sections = renderer.render(outcome).to_json_dict()["sections"]
    text = template.render(sections=_escaped(sections))
    return Markup(re.sub(r'(?<=[ "#])section-(?=\d)', f"{table}-", text))  # noqa: S704  (escaped above)


def _escaped(value: Any, in_table: bool = False) -> Any:
    """Return a rendered document whose cells are escaped: values of the data may hold tags, and nobody else does it."""
    if isinstance(value, dict):
        return {key: _escaped(inner, in_table=key in ("table", "header_row")) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner, in_table) for inner in value]
    return html.escape(value) if in_table and isinstance(value, str) else value
