"""How processes that share a directory take turns and tell each other things; both ends in one process here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gureum.state.notify import Hub
from gureum.state.peers import Peers, pending_topics_max
from gureum.state.writelock import WriteLock, patience

pytestmark = pytest.mark.anyio


async def test_patience_ends_with_the_lock(tmp_path: Path) -> None:
    """A waiter is only told at first; after losing too often it is given the lock, and gives it back if unused."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    rival_got_it: list[bool] = []
    uses = [True, False]

    def freed() -> None:
        rival_got_it.append(rival.try_acquire())
        if rival_got_it[-1]:
            rival.release()
        elif uses.pop(0):
            assert waiter.try_acquire()
            waiter.release()
        told.set()

    rival = WriteLock(tmp_path / "lock", loop, lambda: None)
    waiter = WriteLock(tmp_path / "lock", loop, freed)
    while uses:
        told.clear()
        waiter.call_when_free()
        await told.wait()
    assert rival_got_it == ([True] * patience + [False]) * 2
    await asyncio.sleep(0)
    assert rival.try_acquire()
    rival.release()
    rival.close()
    waiter.close()


async def test_lock_excludes(tmp_path: Path) -> None:
    """And is free again when its holder closes."""
    loop = asyncio.get_running_loop()
    first, second = (WriteLock(tmp_path / "lock", loop, lambda: None) for _ in range(2))
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()
    first.close()
    second.close()


def hearing(topic: bytes, hub: Hub) -> Callable[[], asyncio.Future[None]]:
    """Subscribes; gives a future that is done when the topic has been heard."""
    heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    hub.subscribe(topic, lambda: None if heard.done() else heard.set_result(None))
    return lambda: heard


async def test_too_much_to_say_becomes_look_at_everything(tmp_path: Path) -> None:
    """Memory for a peer that does not listen is bounded; it then hears of topics that nobody named."""
    loop = asyncio.get_running_loop()
    speaking, listening = Hub(), Hub()
    speaker, listener = Peers(tmp_path / "n", speaking, loop), Peers(tmp_path / "n", listening, loop)
    heard = hearing(b"unrelated", listening)
    speaker.send({b"topic/%d" % number: 1 for number in range(pending_topics_max + 1)})
    await asyncio.wait_for(heard(), 30)
    speaker.close()
    listener.close()


async def test_peer_that_leaves_and_one_that_comes(tmp_path: Path) -> None:
    """Who is gone is forgotten, who is new is found."""
    loop = asyncio.get_running_loop()
    speaker = Peers(tmp_path / "n", Hub(), loop)
    gone = Peers(tmp_path / "n", Hub(), loop)
    speaker.send({b"t": 1})
    gone.close()
    speaker.send({b"t": 1})
    hub = Hub()
    newcomer = Peers(tmp_path / "n", hub, loop)
    heard = hearing(b"t", hub)
    speaker.send({b"t": 1})
    await asyncio.wait_for(heard(), 30)
    newcomer.close()
    speaker.close()
    assert [path.name for path in (tmp_path / "n").iterdir()] == ["joined"]
