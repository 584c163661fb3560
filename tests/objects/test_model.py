"""Random puts, deletes, restarts, lost disks, rot, compactions and repairs against a dictionary: they agree."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from gureum.objects import compact
from gureum.objects.codes import COLD, STANDARD, Code
from gureum.objects.errors import NoSuchObject
from tests.objects.rig import DISKS, MINUTE_MS, ZONES, Rig, flip, stream

sizes = st.sampled_from([0, 1, 4096, 4097, 20_000, 100_001, 4_194_305])
losses = st.one_of(
    st.sampled_from(ZONES).map(lambda zone: [name for name in DISKS if name.startswith(zone)]),
    st.lists(st.sampled_from(DISKS), min_size=1, max_size=2, unique=True),
)


class Model(RuleBasedStateMachine):
    """A store beside a dictionary.  At most two disks are away or rotten at a time; then repair comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.root = Path(tempfile.mkdtemp(prefix="objects"))
        self.rig = Rig(self.root, extent_bytes=200_000)
        self.content: dict[bytes, bytes] = {}
        self.deleted: list[bytes] = []
        self.lost: list[str] = []
        self.hurt = False
        self.runner.run(self.rig.open())

    @rule(size=sizes, code=st.sampled_from([STANDARD, COLD]), seed=st.integers(0, 1000))
    def put(self, size: int, code: Code, seed: int) -> None:
        data = random.Random(seed).randbytes(size)
        self.content[self.runner.run(self.rig.put(data, code))] = data

    @rule(size=sizes)
    def put_and_forget(self, size: int) -> None:
        stored = self.runner.run(self.rig.objects.put(stream(bytes(size))))
        self.deleted.append(stored.object_id)

    @precondition(lambda self: self.content)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        object_id = data.draw(st.sampled_from(sorted(self.content)))
        self.runner.run(self.rig.delete(object_id))
        del self.content[object_id]
        self.deleted.append(object_id)

    @rule()
    def restart(self) -> None:
        self.runner.run(self.rig.reopen())

    @precondition(lambda self: not self.lost and not self.hurt)
    @rule(names=losses)
    def lose(self, names: list[str]) -> None:
        for name in names:
            self.rig.lose(name)
        self.lost = names
        self.hurt = True

    @precondition(lambda self: self.lost)
    @rule()
    def bring_back(self) -> None:
        for name in self.lost:
            if not (self.rig.disks / name).exists():
                self.rig.bring_back(name)
            else:
                # Another one was begun in its place: the old one is of no use any more.
                shutil.rmtree(self.rig.away / name)
        self.lost = []

    @precondition(lambda self: not self.hurt and self.rig.extents())
    @rule(data=st.data(), seed=st.integers(0, 1000))
    def rot(self, data: st.DataObject, seed: int) -> None:
        name = data.draw(st.sampled_from(DISKS))
        choices = random.Random(seed)
        for path in self.rig.extents([name]):
            if path.stat().st_size:
                flip(path, choices.randrange(path.stat().st_size), choices.randrange(8))
        self.hurt = True

    @rule(scrub=st.booleans())
    def repair(self, scrub: bool) -> None:
        self.rig.now_ms += 10 * MINUTE_MS
        if not self.lost:
            self.runner.run(self.rig.scrub())
            self.hurt = False
        elif scrub:
            self.runner.run(self.rig.scrub())
        else:
            self.runner.run(self.rig.repair())

    @rule(wait=st.booleans())
    def compact(self, wait: bool) -> None:
        self.rig.now_ms += compact.reclaim_ms + MINUTE_MS if wait else 2 * MINUTE_MS
        self.runner.run(self.rig.objects.shards.close())
        self.runner.run(compact.survey(self.rig.objects))
        self.runner.run(self.rig.compact())

    @precondition(lambda self: not self.lost and not self.hurt)
    @rule()
    def rebuild(self) -> None:
        self.runner.run(self.rig.rebuild(self.content.__contains__))

    @invariant()
    def agree(self) -> None:
        for object_id, data in self.content.items():
            assert self.runner.run(self.rig.get(object_id)) == data
        for object_id in self.deleted[-3:]:
            with pytest.raises(NoSuchObject):
                self.runner.run(self.rig.rows(object_id))

    def teardown(self) -> None:
        self.runner.run(self.rig.close())
        self.runner.close()
        shutil.rmtree(self.root)


def test_it_behaves_like_a_dictionary() -> None:
    """Whatever happens in whatever order, as long as no more is lost at once than the code bears."""
    few = settings(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Model, settings=few)
