"""Fetching pictures: what is taken, what is refused, how servers are treated, and what is remembered."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from picture_server import (
    Answer,
    Server,
    body,
    dripping,
    dropped,
    endless,
    in_turn,
    painted,
    redirect,
    serve,
    status,
)

from locomo.captioning.addresses import CheckedResolver, ForbiddenAddressError, check_url, is_public
from locomo.captioning.download import download
from locomo.captioning.fetch import open_fetcher
from locomo.captioning.image_format import MOST_BYTES, NotAPictureError, inspect
from locomo.captioning.shared import Found, SharedPicture
from locomo.captioning.store import ImageStore, Link
from locomo.errors import IncompleteError, InputError

PICTURE = painted()


def on_loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tests have nothing else; all other addresses are as forbidden as they are to users."""
    return address.is_loopback or is_public(address)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        running.answers["/good.png"] = body(PICTURE)
        yield running


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def fetch(store: ImageStore, *urls: str, pause: float = 0, timeout: float = 5, **options: object) -> list[Link]:
    async def main() -> list[Link]:
        allowed = options.get("is_allowed", on_loopback)
        async with open_fetcher(store, is_allowed=allowed, pause=pause, timeout=timeout) as fetcher:
            links = await asyncio.gather(*map(fetcher.fetch, urls))
            await fetcher.close(known_good=options.get("known_good", ()))
            return links

    return asyncio.run(main())


def shared(*urls: str, query: str | None = None, name: str = "1") -> SharedPicture:
    return SharedPicture("one", f"D1:{name}", urls, query, None)


def had(store: ImageStore, *pictures: SharedPicture, **options: object) -> list[Found]:
    found = download(pictures, store, is_allowed=on_loopback, pause=0, **options)
    return [found[picture.id] for picture in pictures]


# What is taken.


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")])
def test_a_picture_is_kept_by_its_hash_and_named_by_what_is_in_it(
    server: Server, store: ImageStore, kind: str, suffix: str
) -> None:
    data = painted(kind=kind)
    server.answers["/photo.bin"] = body(data, "application/octet-stream")
    (link,) = fetch(store, server.url("/photo.bin"))
    assert link.facts is not None
    path = store.path(link.facts)
    assert path.read_bytes() == data
    assert path.name == f"{link.sha256}.{suffix}"
    assert (link.width, link.height) == (8, 6)


def test_we_say_who_asks_and_send_no_cookies(server: Server, store: ImageStore) -> None:
    server.answers["/a"] = body(PICTURE, Set_Cookie="id=7")
    server.answers["/b"] = body(PICTURE)
    fetch(store, server.url("/a"))
    fetch(store, server.url("/a"), server.url("/b"))
    assert all(headers["User-Agent"].startswith("locomo-pipeline/") for headers in server.headers)
    assert not any("Cookie" in headers for headers in server.headers)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(404), "HTTP 404"),
        (status(410), "HTTP 410"),
        (status(403), "HTTP 403"),
        (body(b"<html>gone</html>", "text/html"), "not a picture but text/html"),
        (body(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "not a JPEG, PNG, WebP or GIF picture"),
        (body(b"GIF89a nonsense", "image/gif"), "not a JPEG, PNG, WebP or GIF picture"),
        (body(painted(size=(600, 500))[:400]), "a broken image"),
        (body(painted(kind="JPEG", size=(600, 500))[:900]), "a broken image"),
        (body(b""), "not a JPEG, PNG, WebP or GIF picture"),
        (body(b"", length=MOST_BYTES + 1), "larger than 16 MB"),
        (endless, "larger than 16 MB"),
        (status(302), "HTTP 302"),
        (redirect("ftp://example.org/x.png"), "redirects to not a web address"),
        (redirect("file:///etc/passwd"), "redirects to not a web address"),
        (redirect("http://10.0.0.1/x.png"), "redirects to an address of a private network (10.0.0.1)"),
        (redirect("http://user:planted@example.org/x.png"), "redirects to a web address with a password"),
        (redirect("/bad"), "redirects more than 5 times"),
    ],
)
def test_what_gives_no_picture_is_dead_and_is_not_asked_again(
    server: Server, store: ImageStore, answer: Answer, reason: str
) -> None:
    server.answers["/bad"] = answer
    (link,) = fetch(store, server.url("/bad"))
    assert (link.reason or "").startswith(reason)
    asked = len(server.asked)
    assert fetch(store, server.url("/bad")) == [link]
    assert len(server.asked) == asked
    assert store.forget_dead() == 1
    server.answers["/bad"] = body(PICTURE)
    assert fetch(store, server.url("/bad"))[0].facts is not None


def bomb(side: int) -> bytes:
    """A PNG of a few KB that is `side` pixels wide and high, all of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_picture_that_would_fill_memory_is_not_decoded(side: int) -> None:
    with pytest.raises(NotAPictureError, match="more than 50 million pixels"):
        inspect(bomb(side))


def test_what_is_compressed_on_the_way_is_not_unpacked(server: Server, store: ImageStore) -> None:
    packed = zlib.compress(b"\0" * 50_000_000)
    server.answers["/packed"] = body(packed, Content_Encoding="deflate")
    (link,) = fetch(store, server.url("/packed"))
    assert link.reason == "not a JPEG, PNG, WebP or GIF picture"


# Where nobody should be sent.


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "::1", "::"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "fe80::1", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo of 10.0.0.1
    ],
)
def test_addresses_of_this_machine_and_its_network_are_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ForbiddenAddressError, match="an address of a private network"):
        check_url(f"http://{host}/x.png", is_public)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.1.140", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_not(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "photo.png", "/etc/passwd", "file:///etc/passwd", "ftp://example.org/a.png", "data:image/png;base64,AA"),
        *("http://", "http:///x", "https://[::1", "http://example.org:99999/", "http://me:planted@example.org/a.png"),
        "http://example.org/" + "x" * 9_000,
    ],
)
def test_what_is_no_web_address_is_never_looked_up(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_url(url, is_public)


class Names:
    """A resolver whose names mean one thing and then another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        found = self.answers.pop(0)
        return [{"hostname": host, "host": each, "port": port, "family": 0, "proto": 0, "flags": 0} for each in found]

    async def close(self) -> None:
        pass


def test_a_name_is_refused_if_one_of_its_addresses_is_private() -> None:
    resolver = CheckedResolver(is_public, Names(["8.8.8.8"], ["8.8.8.8", "10.0.0.1"], ["fe80::1%eth0"]))
    found = asyncio.run(resolver.resolve("example.org", 80))
    assert [each["host"] for each in found] == ["8.8.8.8"]
    for _ in range(2):
        with pytest.raises(ForbiddenAddressError, match=r"private network \(example.org is "):
            asyncio.run(resolver.resolve("example.org", 80))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_way_of_writing_loopback_reaches_a_server_there(server: Server, store: ImageStore, host: str) -> None:
    """As users have it: nothing is allowed that tests allow themselves."""
    (link,) = fetch(store, server.url("/good.png", host), is_allowed=is_public, known_good=())
    assert link.facts is None
    assert server.asked == []


def test_a_name_that_changes_its_mind_is_asked_where_it_was_checked(
    server: Server, store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the addresses that were checked, however often the name is looked up."""
    lookups: list[str] = []

    def getaddrinfo(host: str, port: int, *args: object, **kwargs: object) -> list[tuple]:
        lookups.append(host)
        ip = "127.0.0.1" if len(lookups) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    (link,) = fetch(store, server.url("/good.png", "rebinding.example"))
    assert link.facts is not None
    assert [name for name in lookups if name == "rebinding.example"] == ["rebinding.example"]


def test_a_redirect_is_followed_and_each_step_is_checked(server: Server, store: ImageStore) -> None:
    server.answers["/old"] = redirect("/older", 301)
    server.answers["/older"] = redirect(server.url("/good.png", "localhost"), 307)
    (link,) = fetch(store, server.url("/old"))
    assert link.facts is not None
    assert link.url == server.url("/old")
    assert server.asked == ["/old", "/older", "/good.png"]


# Patience.


def test_a_host_is_asked_one_thing_at_a_time_with_a_pause_between(server: Server, store: ImageStore) -> None:
    for number in range(4):
        server.answers[f"/{number}"] = body(painted(size=(8, 8 + number)))
    fetch(store, *(server.url(f"/{number}") for number in range(4)), pause=0.1)
    assert server.most_at_once == 1
    assert min(later - earlier for earlier, later in zip(server.begun, server.begun[1:], strict=False)) >= 0.1


def test_other_hosts_do_not_wait_for_a_slow_one(store: ImageStore) -> None:
    def slow(handler: object) -> None:
        time.sleep(0.5)
        body(PICTURE)(handler)  # type: ignore[arg-type]

    with serve() as one, serve() as other:
        one.answers["/slow"] = other.answers["/slow"] = slow
        began = time.monotonic()
        links = fetch(store, one.url("/slow", "127.0.0.1"), other.url("/slow", "localhost"))
        assert time.monotonic() - began < 0.9
    assert all(link.facts for link in links)


def test_a_server_that_asks_us_to_wait_is_waited_for(server: Server, store: ImageStore, waits: list[float]) -> None:
    server.answers["/busy"] = in_turn(status(429, Retry_After="7"), status(503, Retry_After="3"), body(PICTURE))
    (link,) = fetch(store, server.url("/busy"))
    assert link.facts is not None
    assert [round(wait) for wait in waits] == [7, 3]


def test_a_server_that_asks_for_hours_is_left_to_another_run(server: Server, store: ImageStore) -> None:
    server.answers["/busy"] = server.answers["/too"] = status(429, Retry_After="7200")
    pictures = [shared(server.url("/good.png")), shared(server.url("/busy"), name="2")]
    with pytest.raises(
        IncompleteError, match="1 images are unavailable for now, most often with HTTP 429, and again in"
    ):
        had(store, *pictures)
    server.answers["/busy"] = body(painted("blue"))
    assert [found.status for found in had(store, *pictures)] == ["found", "found"]
    assert server.asked.count("/good.png") == 1, "what was fetched is not fetched again"


@pytest.mark.parametrize("trouble", [dropped, status(500), status(503), body(PICTURE, length=len(PICTURE) + 9)])
def test_what_goes_wrong_twice_may_go_well_the_third_time(
    server: Server, store: ImageStore, waits: list[float], trouble: Answer
) -> None:
    server.answers["/shaky"] = in_turn(trouble, trouble, body(PICTURE))
    (link,) = fetch(store, server.url("/shaky"))
    assert link.facts is not None
    assert waits[-1] >= 2, "servers in trouble are left alone for a while"


def test_a_server_in_trouble_is_asked_three_times(server: Server, store: ImageStore, waits: list[float]) -> None:
    server.answers["/broken"] = status(500)
    (link,) = fetch(store, server.url("/broken"))
    assert link.reason == "HTTP 500"
    assert server.asked == ["/broken"] * 3


def test_a_picture_that_drips_in_for_ever_is_given_up(server: Server, store: ImageStore, waits: list[float]) -> None:
    server.answers["/drip"] = dripping
    began = time.monotonic()
    (link,) = fetch(store, server.url("/drip"), timeout=0.3)
    assert link.reason == "no answer in time"
    assert time.monotonic() - began < 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_host_that_is_gone_is_dead_where_others_answer(server: Server, store: ImageStore, waits: list[float]) -> None:
    gone = f"http://localhost:{free_port()}/a.png"
    dead, good = fetch(store, gone, server.url("/good.png"))
    assert dead.reason == "nobody answers there"
    assert good.facts is not None
    assert fetch(store, gone) == [dead], "remembered, so not even this is an outage"


def test_without_a_network_nothing_is_dead(store: ImageStore, server: Server, waits: list[float]) -> None:
    gone = f"http://localhost:{free_port()}/a.png"
    with pytest.raises(IncompleteError, match=r"none of 1 addresses could be reached .*is there a network"):
        fetch(store, gone)
    assert store.link(gone) is None
    # Where something answers that has answered before, there is a network, and the host is really gone.
    (good,) = fetch(store, server.url("/good.png"))
    (dead,) = fetch(store, gone, known_good=[good])
    assert store.link(gone) == dead


def test_many_pictures_of_a_host_that_is_gone_cost_three_attempts(
    store: ImageStore, server: Server, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, tried = free_port(), []
    resolve = CheckedResolver.resolve

    async def note(self: CheckedResolver, host: str, *args: object, **kwargs: object) -> object:
        tried.append(host)
        return await resolve(self, host, *args, **kwargs)

    monkeypatch.setattr(CheckedResolver, "resolve", note)
    links = fetch(store, server.url("/good.png"), *(f"http://localhost:{port}/{n}.png" for n in range(20)))
    assert {link.reason for link in links[1:]} == {"nobody answers there"}
    assert tried.count("localhost") == 3


# Resuming.


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """A process is killed again and again: what it had is not asked for again, and nothing is half there."""
    with serve() as server:
        urls = [server.url(f"/{number}") for number in range(30)]
        for number in range(30):
            server.answers[f"/{number}"] = body(painted(size=(8, 8 + number))) if number % 3 else status(404)
        script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fetch import fetch, ImageStore
from pathlib import Path
fetch(ImageStore(Path({str(tmp_path)!r})), *{urls!r}, pause=0.01)
"""
        for _ in range(3):
            process = subprocess.Popen([sys.executable, "-c", script])
            goal = len(server.asked) + 5
            while len(server.asked) < goal and process.poll() is None:
                time.sleep(0.005)
            process.kill()
            process.wait()
        links = fetch(ImageStore(tmp_path), *urls)
        assert [link.facts is None for link in links] == [number % 3 == 0 for number in range(30)]
        assert len(server.asked) <= 30 + 3, "at most the one in flight is asked again"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size == 0]


def test_a_file_that_was_altered_is_fetched_again(server: Server, store: ImageStore) -> None:
    (link,) = fetch(store, server.url("/good.png"))
    assert link.facts is not None
    store.path(link.facts).write_bytes(b"something else")
    assert fetch(store, server.url("/good.png")) == [link]
    assert store.path(link.facts).read_bytes() == PICTURE


def test_the_same_address_is_asked_once(server: Server, store: ImageStore) -> None:
    fetch(store, *[server.url("/good.png")] * 5)
    assert server.asked == ["/good.png"]


def test_a_note_that_is_none_of_ours_is_named(server: Server, store: ImageStore) -> None:
    fetch(store, server.url("/good.png"))
    (path,) = store.folder.glob("links/*/*.json")
    path.write_text('{"url": 7}')
    with pytest.raises(InputError, match=r"links.*json: url: .*it is none of our notes, move it away"):
        fetch(store, server.url("/good.png"))


# Pictures of turns.


def test_the_first_address_that_gives_a_picture_counts(server: Server, store: ImageStore) -> None:
    first, second = had(
        store, shared(server.url("/gone"), server.url("/good.png")), shared(server.url("/gone"), name="2")
    )
    assert (first.status, first.source) == ("found", server.url("/good.png"))
    assert (second.status, second.reason, second.source) == ("dead", "HTTP 404", server.url("/gone"))


def test_a_path_is_no_web_address_and_nothing_is_asked(store: ImageStore) -> None:
    path, nothing = had(store, shared("data/raw/x.png", query="a dog"), shared(name="2"))
    assert (path.status, nothing.status) == ("no address", "no address")
    assert "images=folder" in (path.reason or "")
    assert not list(store.folder.glob("*"))


# Searching.


class Engine:
    """A search engine whose page lists what a test says."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def page(self, query: str) -> str:
        return self.server.url(f"/search?{query}")

    def addresses(self, page: bytes) -> list[str]:
        return json.loads(page)


def no_engine() -> Engine:
    raise AssertionError("nothing is to be searched")


def test_a_query_is_searched_and_the_first_picture_that_can_be_had_is_taken(server: Server, store: ImageStore) -> None:
    results = json.dumps([server.url("/gone"), "http://10.0.0.1/x.png", server.url("/good.png")]).encode()
    server.answers["/search?canoe"] = body(results, "text/html")
    (found,) = had(store, shared(query="canoe"), open_engine=lambda: Engine(server))
    assert (found.status, found.source) == ("found", server.url("/good.png"))
    asked = len(server.asked)
    assert had(store, shared(query="canoe"), open_engine=no_engine) == [found]
    assert len(server.asked) == asked, "the second time nothing is searched or fetched"


def test_a_turn_with_an_address_is_never_searched(server: Server, store: ImageStore) -> None:
    (found,) = had(store, shared(server.url("/gone"), query="canoe"), open_engine=no_engine)
    assert found.status == "dead"


def test_a_query_without_results_is_dead(server: Server, store: ImageStore) -> None:
    server.answers["/search?canoe"] = body(b"[]", "text/html")
    (found,) = had(store, shared(query="canoe"), open_engine=lambda: Engine(server))
    assert (found.status, found.reason) == ("dead", "nothing was found for its query")
    assert store.forget_dead() == 1


def test_a_search_engine_that_fails_is_asked_again_by_the_next_run(server: Server, store: ImageStore) -> None:
    server.answers["/search?canoe"] = status(403)
    with pytest.raises(IncompleteError, match=r"the search failed \(HTTP 403\)"):
        had(store, shared(query="canoe"), open_engine=lambda: Engine(server))
    server.answers["/search?canoe"] = body(json.dumps([server.url("/good.png")]).encode(), "text/html")
    (found,) = had(store, shared(query="canoe"), open_engine=lambda: Engine(server))
    assert found.status == "found"


@pytest.fixture
def bing(server: Server) -> Callable[[], object]:
    pytest.importorskip("icrawler")
    from locomo.captioning.search import BingImages

    return lambda: BingImages(server.url(""))


def test_icrawler_asks_bing_and_reads_its_page(server: Server, store: ImageStore, bing: Callable[[], object]) -> None:
    photos = [server.url("/gone.jpg"), server.url("/canoe.jpg")]
    divs = "".join(
        f'<div class="imgpt"><a m="{{&quot;murl&quot;:&quot;{url}&quot;,&quot;t&quot;:1}}"></a></div>' for url in photos
    )
    server.answers["/canoe.jpg"] = body(painted(kind="JPEG"), "image/jpeg")
    page = "/images/async?q=red+canoe&first=0&qft=+filterui:photo-photo+filterui:licenseType-Any"
    server.answers[page] = body(f"<html>{divs}</html>".encode(), "text/html")
    (found,) = had(store, shared(query="red canoe"), open_engine=bing)
    assert server.asked == [page, "/gone.jpg", "/canoe.jpg"]
    assert found.source == photos[1]


def test_a_page_of_another_shape_lists_nothing(bing: Callable[[], object]) -> None:
    engine = bing()
    for page in (b"", b"<html>", b'<div class="imgpt"></div>', b'<div class="imgpt"><a m="{"></a></div>', b"\xff\x00"):
        assert engine.addresses(page) == []  # type: ignore[attr-defined]


def test_without_icrawler_it_is_said_how_to_get_it(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install icrawler"):
        had(store, shared(query="canoe"))
