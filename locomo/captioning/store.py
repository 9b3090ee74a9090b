"""Pictures that were fetched once, kept for every run after: files by their hash, and what is known of addresses.

A dead address is known as such, and not asked again until it is forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from locomo.cache_folder import CACHE_VARIABLE, kept_folder
from locomo.captioning.image_format import ImageFacts
from locomo.errors import InputError
from locomo.files import pretty_json, read_json, sha256, write_bytes, write_text


class Link(BaseModel):
    """What an address gave: a picture, or the reason why it gives none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    url: str
    sha256: str | None = None
    media_type: str | None = None
    width: int = 0
    height: int = 0
    reason: str | None = None

    @property
    def facts(self) -> ImageFacts | None:
        """The picture, if there is one."""
        if self.sha256 is None or self.media_type is None:
            return None
        return ImageFacts(self.sha256, self.media_type, self.width, self.height)


class Search(BaseModel):
    """What a search engine gave for a query."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    query: str
    addresses: list[str]


Record = TypeVar("Record", Link, Search)


class ImageStore:
    """A folder, which any number of processes may use at once: each file is written whole. InputError if it cannot."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or kept_folder("images")

    def link(self, url: str) -> Link | None:
        """Return what an address gave; None if it was not asked yet, or its file is gone or altered since."""
        link = self._read(self._link_path(url), Link)
        if link is not None and (facts := link.facts) is not None:
            path = self.path(facts)
            if not path.is_file() or sha256(path) != facts.sha256:
                return None
        return link

    def keep(self, url: str, facts: ImageFacts, data: bytes) -> Link:
        """Keep a picture, then that an address gave it."""
        path = self.path(facts)
        if not path.is_file() or sha256(path) != facts.sha256:
            self._write(path, data)
        link = Link(url=url, sha256=facts.sha256, media_type=facts.media_type, width=facts.width, height=facts.height)
        return self._note(self._link_path(url), link)

    def bury(self, url: str, reason: str) -> Link:
        """Keep that an address gives no picture."""
        return self._note(self._link_path(url), Link(url=url, reason=reason))

    def search(self, query: str) -> Search | None:
        """Return what was found for a query; None if nobody has searched yet."""
        return self._read(self._search_path(query), Search)

    def keep_search(self, query: str, addresses: list[str]) -> Search:
        """Keep what was found for a query."""
        return self._note(self._search_path(query), Search(query=query, addresses=addresses))

    def path(self, facts: ImageFacts) -> Path:
        """Return where a picture is, or would be."""
        return self.folder / "files" / facts.sha256[:2] / facts.name

    def links(self) -> Iterator[Link]:
        """Yield all that is known of addresses."""
        for path in sorted(self.folder.glob("links/*/*.json")):
            if (link := self._read(path, Link)) is not None:
                yield link

    def forget_dead(self) -> int:
        """Forget the addresses that gave no picture, and the searches that found none; return how many."""
        dead = [self._link_path(link.url) for link in self.links() if link.facts is None]
        for path in sorted(self.folder.glob("searches/*/*.json")):
            search = self._read(path, Search)
            if search is not None and not search.addresses:
                dead.append(path)
        for path in dead:
            path.unlink(missing_ok=True)
        return len(dead)

    def _link_path(self, url: str) -> Path:
        return self._by_hash("links", url)

    def _search_path(self, query: str) -> Path:
        return self._by_hash("searches", query)

    def _by_hash(self, kind: str, text: str) -> Path:
        name = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        return self.folder / kind / name[:2] / f"{name}.json"

    def _note(self, path: Path, record: Record) -> Record:
        self._write(path, pretty_json(record.model_dump(exclude_defaults=True)))
        return record

    def _write(self, path: Path, content: bytes | str) -> None:
        try:
            write_text(path, content) if isinstance(content, str) else write_bytes(path, content)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); set {CACHE_VARIABLE}") from None

    @staticmethod
    def _read(path: Path, kind: type[Record]) -> Record | None:
        if not path.is_file():
            return None
        try:
            return kind.model_validate(read_json(path))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError(f"{path}: {place}: {first['msg']}; it is none of our notes, move it away") from None
