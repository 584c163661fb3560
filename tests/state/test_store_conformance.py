"""What every engine promises (`state/store.py`), checked on each of them: the tests that define a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gureum.state.store import ALL, Store, StoreUnavailable, Transaction
from tests.state.conftest import MakeStore

pytestmark = pytest.mark.anyio

Pairs = list[tuple[bytes, bytes]]


def put_all(pairs: Pairs) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for key, value in pairs:
            tx.put(key, value)

    return work


async def everything(store: Store) -> Pairs:
    return await store.transact(lambda tx: tx.range(b"", b"\xff"), readonly=True)


async def test_put_get_delete(store: Store) -> None:
    """The basis of everything else."""
    await store.transact(put_all([(b"a", b"1"), (b"\x00", b""), (b"\xfe\xff", b"\x00\xff")]))
    assert await store.transact(lambda tx: [tx.get(key) for key in (b"a", b"\x00", b"\xfe\xff", b"b")]) == [
        b"1",
        b"",
        b"\x00\xff",
        None,
    ]
    await store.transact(lambda tx: tx.delete(b"a"))
    await store.transact(lambda tx: tx.delete(b"never there"))
    assert await everything(store) == [(b"\x00", b""), (b"\xfe\xff", b"\x00\xff")]


async def test_overwrite(store: Store) -> None:
    """put does not care whether the key exists."""
    await store.transact(put_all([(b"a", b"1")]))
    await store.transact(put_all([(b"a", b"2")]))
    assert await everything(store) == [(b"a", b"2")]


async def test_range_is_ordered_and_half_open(store: Store) -> None:
    """Keys compare as bytes, whatever the engine's collation; the end is excluded."""
    keys = [b"", b"\x00", b"A", b"B", b"a", b"a\x00", b"a\x00b", b"aa", b"b", "é".encode(), b"\xfe"]
    await store.transact(put_all([(key, key) for key in reversed(keys)]))

    def ranges(tx: Transaction) -> list[list[bytes]]:
        return [
            [key for key, _ in tx.range(b"", b"\xff")],
            [key for key, _ in tx.range(b"a", b"b")],
            [key for key, _ in tx.range(b"a", b"b", reverse=True)],
            [key for key, _ in tx.range(b"a", b"b", limit=2)],
            [key for key, _ in tx.range(b"a", b"b", limit=2, reverse=True)],
            [key for key, _ in tx.range(b"a", b"a")],
            [key for key, _ in tx.range(b"b", b"a")],
            [key for key, _ in tx.range(b"", b"\xff", limit=0)],
        ]

    inside = [b"a", b"a\x00", b"a\x00b", b"aa"]
    assert await store.transact(ranges) == [
        keys,
        inside,
        inside[::-1],
        inside[:2],
        inside[::-1][:2],
        [],
        [],
        [],
    ]


@pytest.mark.parametrize("reverse", [False, True])
async def test_own_writes_are_seen(store: Store, reverse: bool) -> None:
    """A transaction reads what it has written and not what it has deleted, in every kind of range."""
    await store.transact(put_all([(b"%d" % number, b"old") for number in range(6)]))

    def work(tx: Transaction) -> None:
        tx.delete(b"0")
        tx.delete(b"3")
        tx.delete(b"5")
        tx.put(b"1", b"new")
        expected = [(b"1", b"new"), (b"2", b"old"), (b"4", b"old")]
        if reverse:
            expected.reverse()
        for limit in (1, 2, 3, 9, None):
            assert tx.range(b"", b"\xff", limit, reverse) == expected[:limit]
        tx.put(b"25", b"between")
        tx.delete(b"4")
        tx.put(b"4", b"again")
        expected = [(b"1", b"new"), (b"2", b"old"), (b"25", b"between"), (b"4", b"again")]
        if reverse:
            expected.reverse()
        for limit in (1, 2, 3, 4, None):
            assert tx.range(b"", b"\xff", limit, reverse) == expected[:limit]
        assert tx.get(b"0") is None
        assert tx.get(b"25") == b"between"

    await store.transact(work)


async def test_failed_work_leaves_no_trace(store: Store) -> None:
    """The exception comes out as it is; neither writes nor effects nor notifications happen."""
    effects: list[str] = []

    def work(tx: Transaction) -> None:
        tx.put(b"a", b"1")
        tx.after_commit(lambda: effects.append("ran"))
        tx.notify(b"topic")
        raise LookupError("the caller's own")

    with store.listen(b"topic") as listener:
        with pytest.raises(LookupError, match="the caller's own"):
            await store.transact(work)
        assert not listener.notified
    assert await everything(store) == []
    assert effects == []


async def test_failures_among_concurrent_successes(store: Store) -> None:
    """Works that run together in a batch do not share a fate."""

    def work(number: int) -> Callable[[Transaction], int]:
        def body(tx: Transaction) -> int:
            tx.put(b"%02d" % number, b"")
            if number % 3 == 0:
                raise ValueError(number)
            return number

        return body

    results = await asyncio.gather(*(store.transact(work(n)) for n in range(30)), return_exceptions=True)
    assert [r for r in results if isinstance(r, int)] == [n for n in range(30) if n % 3]
    assert [key for key, _ in await everything(store)] == [b"%02d" % n for n in range(30) if n % 3]


async def test_no_update_is_lost(store: Store) -> None:
    """Concurrent read-modify-write of one key: every one counts."""

    def increment(tx: Transaction) -> None:
        tx.put(b"n", b"%d" % (int(tx.get(b"n") or b"0") + 1))

    await asyncio.gather(*(store.transact(increment) for _ in range(40)))
    assert await everything(store) == [(b"n", b"40")]


async def test_no_write_skew(store: Store) -> None:
    """Two reads and one write, each allowed only while both are there: under snapshot isolation both would go."""
    for round_number in range(5):
        keys = [b"%d/x" % round_number, b"%d/y" % round_number]
        await store.transact(put_all([(key, b"on call") for key in keys]))

        def leave(key: bytes, keys: list[bytes] = keys) -> Callable[[Transaction], None]:
            def work(tx: Transaction) -> None:
                if all(tx.get(each) for each in keys):
                    tx.delete(key)

            return work

        await asyncio.gather(*(store.transact(leave(key)) for key in keys for _ in range(3)))
        assert len([key for key, _ in await everything(store) if key in keys]) == 1


async def test_no_phantoms(store: Store) -> None:
    """A range that was read counts as read where it was empty: numbers handed out by counting are unique."""

    def take_next(tx: Transaction) -> int:
        number = len(tx.range(b"taken/", b"taken0"))
        tx.put(b"taken/%04d" % number, b"")
        return number

    numbers = await asyncio.gather(*(store.transact(take_next) for _ in range(20)))
    assert sorted(numbers) == list(range(20))


async def test_readonly_may_not_write(store: Store) -> None:
    """A readonly transaction never waits for writers; writing in one is a mistake of ours."""
    with pytest.raises(AssertionError):
        await store.transact(lambda tx: tx.put(b"a", b""), readonly=True)
    with pytest.raises(AssertionError):
        await store.transact(lambda tx: tx.delete(b"a"), readonly=True)
    assert await everything(store) == []


async def test_readonly_sees_what_was_committed(store: Store) -> None:
    """Read your writes, also through the path for readers."""
    for number in range(10):
        await store.transact(put_all([(b"n", b"%d" % number)]))
        assert await store.transact(lambda tx: tx.get(b"n"), readonly=True) == b"%d" % number


async def test_effects_run_once_before_transact_returns(store: Store) -> None:
    """after_commit: in order, on the loop, when the commit is there, however often the work ran."""
    effects: list[int] = []

    def work(tx: Transaction) -> None:
        tx.put(b"a", b"1")
        tx.after_commit(lambda: effects.append(1))
        tx.after_commit(lambda: effects.append(2))
        tx.after_commit(lambda: effects.append(int(asyncio.get_running_loop().is_running())))

    await store.transact(work)
    assert effects == [1, 2, 1]


async def test_effect_that_raises_harms_nobody(store: Store) -> None:
    """The commit stands and its caller is answered; the loop's handler hears of the error."""
    heard: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context.get("exception")))
    failure = ValueError("effect")

    def fail() -> None:
        raise failure

    def work(tx: Transaction) -> str:
        tx.put(b"a", b"1")
        tx.after_commit(fail)
        return "answer"

    try:
        assert await store.transact(work) == "answer"
    finally:
        loop.set_exception_handler(None)
    assert heard == [failure]
    assert await everything(store) == [(b"a", b"1")]


async def test_cancelled_caller(store: Store) -> None:
    """A client that goes away takes nothing down with it."""
    task = asyncio.ensure_future(store.transact(put_all([(b"a", b"1")])))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.transact(put_all([(b"b", b"2")]))
    assert (b"b", b"2") in await everything(store)


async def test_big_values_and_keys(store: Store) -> None:
    """Values of 2 MiB and keys of the longest length."""
    big = bytes(range(256)) * 8192
    key = b"\xfe" * 2048
    await store.transact(put_all([(b"big", big), (key, b"long")]))
    assert await store.transact(lambda tx: tx.get(b"big")) == big
    assert await store.transact(lambda tx: tx.range(b"c", b"\xff")) == [(key, b"long")]
    with pytest.raises(AssertionError):
        await store.transact(lambda tx: tx.put(key + b"x", b""))


async def test_many_keys(store: Store) -> None:
    """Thousands of keys in one transaction, and a page out of the middle."""
    pairs = [(b"key/%06d" % number, b"%d" % number) for number in range(5000)]
    await store.transact(put_all(pairs))
    assert await everything(store) == pairs
    assert await store.transact(lambda tx: tx.range(b"key/002500", b"key0", 10)) == pairs[2500:2510]

    def delete_half(tx: Transaction) -> None:
        for key, _ in pairs[::2]:
            tx.delete(key)

    await store.transact(delete_half)
    assert await everything(store) == pairs[1::2]


async def test_reopening_keeps_everything(make_store: MakeStore) -> None:
    """What was committed is there for the next process."""
    first = make_store()
    await first.open()
    await first.transact(put_all([(b"a", b"1"), (b"b", b"2")]))
    await first.close()
    with pytest.raises(StoreUnavailable):
        await first.transact(lambda tx: tx.get(b"a"))
    second = make_store()
    await second.open()
    assert await everything(second) == [(b"a", b"1"), (b"b", b"2")]
    await second.close()


async def test_notification_wakes_a_listener(store: Store) -> None:
    """The pattern of a long poll: look, wait, look."""

    def take(tx: Transaction) -> bytes | None:
        value = tx.get(b"message")
        if value is not None:
            tx.delete(b"message")
        return value

    async def receive() -> bytes:
        with store.listen(b"queue") as listener:
            while True:
                value = await store.transact(take)
                if value is not None:
                    return value
                assert await listener.wait(30)

    def send(tx: Transaction) -> None:
        tx.put(b"message", b"hello")
        tx.notify(b"queue")

    receiving = asyncio.ensure_future(receive())
    await store.transact(lambda tx: None)
    await store.transact(send)
    assert await receiving == b"hello"


async def test_subscribers_hear_every_topic_until_they_leave(store: Store) -> None:
    """Controllers and the clock subscribe for good."""
    heard: list[str] = []
    unsubscribe = store.subscribe(b"a", lambda: heard.append("a"))
    store.subscribe(b"b", lambda: heard.append("b"))
    await store.transact(lambda tx: tx.notify(b"a"))
    await store.transact(lambda tx: tx.notify(b"b", ALL))
    unsubscribe()
    unsubscribe()
    await store.transact(lambda tx: tx.notify(b"a"))
    assert heard == ["a", "b"]


async def test_two_stores_see_one_content(two_stores: tuple[Store, Store]) -> None:
    """Processes that share a store take turns and see each other's commits at once."""
    first, second = two_stores

    def increment(tx: Transaction) -> None:
        tx.put(b"n", b"%d" % (int(tx.get(b"n") or b"0") + 1))

    for number in range(5):
        await first.transact(increment)
        assert await second.transact(lambda tx: tx.get(b"n"), readonly=True) == b"%d" % (2 * number + 1)
        await second.transact(increment)
    await asyncio.gather(*(store.transact(increment) for store in two_stores for _ in range(20)))
    assert await everything(first) == [(b"n", b"50")]


async def test_notification_reaches_the_other_store(two_stores: tuple[Store, Store]) -> None:
    """And each store once: one listener here and one there for a count of one."""
    first, second = two_stores
    with first.listen(b"t") as here, first.listen(b"t") as next_here, second.listen(b"t") as there:
        await first.transact(lambda tx: tx.notify(b"t"))
        assert await here.wait(30)
        assert await there.wait(30)
        assert not next_here.notified


async def test_many_notifications_reach_the_other_store(two_stores: tuple[Store, Store]) -> None:
    """More topics than any buffer holds, sent while the receiver does not look: none is lost."""
    first, second = two_stores
    topics = [b"topic/%04d/" % number + b"x" * 200 for number in range(3000)]
    missing = set(topics)
    done = asyncio.Event()

    def hear(topic: bytes) -> Callable[[], None]:
        def callback() -> None:
            missing.discard(topic)
            if not missing:
                done.set()

        return callback

    for topic in topics:
        second.subscribe(topic, hear(topic))

    def work(some: list[bytes]) -> Callable[[Transaction], None]:
        def body(tx: Transaction) -> None:
            for topic in some:
                tx.notify(topic)

        return body

    for start in range(0, len(topics), 500):
        await first.transact(work(topics[start : start + 500]))
    await asyncio.wait_for(done.wait(), 30)
