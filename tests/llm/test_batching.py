"""What waits is answered together: like with like, each with its own result, and trouble stays in its batch."""

from __future__ import annotations

import asyncio

import pytest

from locomo.llm.providers.batching import Batcher


def batcher(batches: list[list[int]], size: int = 3) -> Batcher[int, int]:
    def work(items: list[int]) -> list[int]:
        batches.append(items)
        if 13 in items:
            raise ValueError("13")
        return [10 * item for item in items]

    return Batcher(work, key=lambda item: item % 2, size=size)


def test_like_goes_with_like_and_the_first_come_first() -> None:
    batches: list[list[int]] = []

    async def main() -> list[int]:
        return await asyncio.gather(*map(batcher(batches).submit, [1, 2, 3, 5, 7, 4]))

    assert asyncio.run(main()) == [10, 20, 30, 50, 70, 40]
    assert batches == [[1, 3, 5], [2, 4], [7]]


def test_trouble_stays_in_its_batch() -> None:
    async def main() -> list[int | BaseException]:
        return await asyncio.gather(*map(batcher([]).submit, [1, 13, 2]), return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert third == 20


def test_whoever_is_cancelled_while_waiting_is_forgotten() -> None:
    batches: list[list[int]] = []

    async def main() -> None:
        one = batcher(batches)
        calls = [asyncio.create_task(one.submit(item)) for item in (1, 3, 5)]
        await asyncio.sleep(0)
        calls[1].cancel()
        assert await calls[0] == 10
        assert await calls[2] == 50
        with pytest.raises(asyncio.CancelledError):
            await calls[1]
        assert await one.submit(7) == 70

    asyncio.run(main())
    assert batches == [[1, 5], [7]]
