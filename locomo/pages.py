"""Pages of HTML, made of templates that lie beside the code that fills them."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(package: str, folder: str = "") -> Environment:
    """Return the templates in a folder of a package. What is filled in is escaped; what is not given is an error."""
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
