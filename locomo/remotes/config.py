"""The DVC remote of a project: where datasets, weights, predictions and results are kept for a team."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from locomo.errors import InputError

PLUGINS: Final = {
    "s3": ("dvc_s3", "dvc-s3"),
    "gs": ("dvc_gs", "'locomo-pipeline[gcs]'"),
    "azure": ("dvc_azure", "'locomo-pipeline[azure]'"),
}
"""Scheme to the package that DVC needs for it, as it is imported and as it is installed."""
OPTIONS: Final = {
    "endpointurl": ("--endpoint", {"s3", "gs"}),
    "region": ("--region", {"s3"}),
    "profile": ("--profile", {"s3"}),
    "account_name": ("--account", {"azure"}),
}
"""DVC's name of an option to ours, and the schemes that know it."""
PERSONAL: Final = frozenset({"profile"})
"""What is another's on another machine: kept in .dvc/config.local, which git ignores."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote as it is configured."""

    name: str
    url: str
    options: dict[str, Any]
    """Without the URL."""

    @property
    def scheme(self) -> str:
        """Return 's3', 'gs', 'azure', another that DVC knows, or '' for a folder."""
        return _scheme(self.url)

    @property
    def shown(self) -> list[str]:
        """Return `option = value` of what `locomo remote` sets: there are no secrets among them."""
        return [f"{name} = {self.options[name]}" for name in OPTIONS if name in self.options]


def set_remote(url: str, name: str, options: dict[str, str]) -> Remote:
    """Make a remote the default one, verified on download; InputError for what cannot be one.

    `options` have DVC's names (see `OPTIONS`). What was set before of a remote of this name and URL is kept.
    """
    _check(url, options)
    config = _config()
    known = config["remote"].get(name)
    with config.edit("repo") as tracked:
        kept = tracked["remote"].get(name, {}) if known is not None and known["url"] == url.rstrip("/") else {}
        shared = {option: value for option, value in options.items() if option not in PERSONAL}
        tracked["remote"][name] = {**kept, "url": url.rstrip("/"), "verify": True, **shared}
        tracked["core"]["remote"] = name
    if personal := {option: value for option, value in options.items() if option in PERSONAL}:
        with config.edit("local") as local:
            local["remote"].setdefault(name, {}).update(personal)
    return read_remote(name)


def read_remote(name: str | None = None) -> Remote:
    """Return a remote, None being the default one; InputError if there is none, or it is not defined."""
    config = _config()
    name = name or config["core"].get("remote")
    if name is None:
        others = ", ".join(config["remote"])
        cure = f"`dvc remote default NAME` takes one of {others}, " if others else ""
        raise InputError(
            f"no default DVC remote is set up here: {cure}`locomo remote s3://BUCKET/PREFIX` sets one up (ask whoever "
            "made the results where theirs is; docs/remotes.md)"
        )
    if name not in config["remote"]:
        raise InputError(f".dvc/config: there is no remote '{name}': `locomo remote URL` sets one up")
    options = dict(config["remote"][name])
    return Remote(name, str(options.pop("url")), options)


def _config() -> Any:
    from dvc.config import Config, ConfigError
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Config(dvc_dir=Repo.find_dvc_dir())
    except NotDvcRepoError:
        raise InputError("this folder is in no DVC project; expected to run where dvc.yaml is") from None
    except ConfigError as error:
        raise InputError(f".dvc/config: {error}") from None


def _scheme(url: str) -> str:
    return url.partition("://")[0] if "://" in url else ""


def _check(url: str, options: dict[str, str]) -> None:
    scheme = _scheme(url)
    for value in (url, options.get("endpointurl", "")):
        place = urlsplit(value)
        if "@" in place.netloc or place.query:
            raise InputError(
                f"{place.scheme}://…: found a key or a query in the URL, which git would show to everyone; expected a "
                "plain one, with keys in the environment, a profile or .dvc/config.local (docs/remotes.md)"
            )
    if scheme and scheme not in PLUGINS:
        known = ", ".join(f"{scheme}://" for scheme in PLUGINS)
        raise InputError(f"{url}: found {scheme}://, expected one of {known} or a folder; others: `dvc remote add -d`")
    if scheme and not urlsplit(url).netloc:
        raise InputError(f"{url}: no bucket in it, expected {scheme}://BUCKET/PREFIX")
    for option in options:
        ours, schemes = OPTIONS[option]
        if scheme not in schemes:
            raise InputError(f"{ours}: is for {', '.join(f'{each}://' for each in sorted(schemes))}, not for {url}")
    endpoint = options.get("endpointurl")
    if endpoint is not None and _scheme(endpoint) not in ("http", "https"):
        raise InputError(f"--endpoint {endpoint}: expected an http:// or https:// address")
    if scheme:
        package, install = PLUGINS[scheme]
        if importlib.util.find_spec(package) is None:
            raise InputError(f"{url}: DVC needs another package for {scheme}://: pip install {install}")
