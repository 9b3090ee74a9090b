"""How many calls are in flight at once."""

from __future__ import annotations

import asyncio
import time

from locomo.llm.slots import START, Slots


async def calls(slots: Slots, number: int) -> int:
    """Make calls that all succeed; return how many were in flight at most."""
    busy = most = 0

    async def one() -> None:
        nonlocal busy, most
        async with slots:
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0)
            busy -= 1
            slots.succeeded()

    await asyncio.gather(*(one() for _ in range(number)))
    return most


def test_success_makes_room_up_to_the_most() -> None:
    assert asyncio.run(calls(Slots(64), 300)) == 64
    assert asyncio.run(calls(Slots(5), 300)) == 5
    assert asyncio.run(calls(Slots(64), START)) == START


def test_a_refusal_takes_room_once_for_all_that_were_in_flight_together() -> None:
    async def main() -> None:
        slots = Slots(64)
        await calls(slots, 300)
        sent = time.monotonic()
        for _ in range(10):
            slots.refused(sent)
        assert int(slots.size) == 44
        assert await calls(slots, 44) <= 44
        slots.refused(time.monotonic() + 1)
        assert int(slots.size) < 44

    asyncio.run(main())


def test_after_a_refusal_room_grows_slowly() -> None:
    async def main() -> None:
        slots = Slots(64)
        await calls(slots, 300)
        slots.refused(time.monotonic())
        before = slots.size
        await calls(slots, int(before))
        assert before + 0.9 < slots.size < before + 1.1

    asyncio.run(main())


def test_there_is_always_room_for_one() -> None:
    async def main() -> None:
        slots = Slots(2)
        for refusal in range(20):
            slots.refused(time.monotonic() + refusal)
        assert await calls(slots, 2) == 1

    asyncio.run(main())


def test_a_failed_call_gives_its_slot_back() -> None:
    async def main() -> None:
        slots = Slots(1)
        for _ in range(3):
            try:
                async with slots:
                    raise ValueError
            except ValueError:
                pass

    asyncio.run(asyncio.wait_for(main(), timeout=2))
