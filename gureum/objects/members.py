"""Which disks belong to the store: joining, marking, replacing.  The state knows, the directories say the same.

A disk that the state does not know joins when the store is opened.  Several processes may do so at once: the first
transaction gives out the number, and all write the same identity.  If the state is new and the directory is not (the
state was lost), the disk keeps the number and the key that it has, so that its extents can be read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from gureum.base.ids import Ids
from gureum.objects.disks import Disk, Disks, Location, log, read_identity
from gureum.objects.errors import ObjectsError
from gureum.objects.shard import key_bytes
from gureum.objects.tables import DISKS_CHANGED, DiskRecord, Secret, dead, disks, retired, secret
from gureum.state.store import Store, Transaction

_secret: Final = (None,)


async def join(state: Store, ids: Ids, locations: Sequence[Location]) -> tuple[Disks, bytes]:
    """The disks at `locations`, looked at, and the store's key."""
    said = {location.name: read_identity(location.path) for location in locations}
    fresh = next((key for _, key in filter(None, said.values())), ids.bytes(key_bytes))
    records, key = await state.transact(lambda tx: _claim(tx, locations, said, fresh))
    found = [Disk(location, records[location.name], key) for location in locations]
    for disk in found:
        await _make_ready(state, disk)
    return Disks(found), key


async def refresh(state: Store, found: Disks) -> None:
    """Take over marks and replacements, and look at every disk."""
    records = {record.name: record for record in await state.transact(disks.scan, readonly=True)}
    for disk in found:
        record = records.get(disk.location.name)
        if record is not None and record.number != disk.number:
            found.put(disk := Disk(disk.location, record, disk.key))
        elif record is not None:
            disk.record = record
        await asyncio.to_thread(disk.look)


async def mark(state: Store, name: str, *, down: bool, now_ms: int) -> list[str]:
    """Mark a disk, or all of a zone, down or up again; which disks these are.  Raises ObjectsError for no such name."""

    def work(tx: Transaction) -> list[str]:
        chosen = [record for record in disks.scan(tx) if name in {record.name, record.zone}]
        for record in chosen:
            since = (record.down_since_ms or now_ms) if down else None
            disks.replace(tx, record, replace(record, marked_down=down, down_since_ms=since))
        tx.notify(DISKS_CHANGED)
        return [record.name for record in chosen]

    marked = await state.transact(work)
    if not marked:
        raise ObjectsError(f"there is no disk or zone {name}")
    return marked


async def substitute(state: Store, name: str) -> None:
    """Let the directory of a disk that is lost for good be another, empty disk.  What was on it counts as lost."""

    def work(tx: Transaction) -> bool:
        record = disks.get(tx, (name,))
        if record is None:
            return False
        dead.clear(tx, (record.number,))
        for emptied in retired.scan(tx, (record.number,)):
            retired.delete(tx, emptied)
        disks.replace(
            tx, record, replace(record, number=_number(tx), formatted=False, marked_down=False, down_since_ms=None)
        )
        tx.notify(DISKS_CHANGED)
        return True

    if not await state.transact(work):
        raise ObjectsError(f"there is no disk {name}")


async def prepare(state: Store, found: Disks) -> None:
    """Make the disks that were given out a number and are not formatted yet, and note since when others are away."""
    await refresh(state, found)
    for disk in found:
        await _make_ready(state, disk)


async def note_absence(state: Store, found: Disks, now_ms: int) -> None:
    """Note since when disks are away, and forget it of those that are back."""
    changed = {d.location.name: d.problem for d in found if (d.record.down_since_ms is None) != d.readable}
    if not changed:
        return

    def work(tx: Transaction) -> None:
        for record in disks.scan(tx):
            if record.name in changed:
                away = record.marked_down or changed[record.name] is not None
                since = (record.down_since_ms or now_ms) if away else None
                disks.replace(tx, record, replace(record, down_since_ms=since))

    await state.transact(work)
    await refresh(state, found)


def _claim(
    tx: Transaction, locations: Sequence[Location], said: dict[str, tuple[int, bytes] | None], fresh: bytes
) -> tuple[dict[str, DiskRecord], bytes]:
    held = secret.get(tx, _secret)
    if held is None:
        highest = max((number for number, _ in filter(None, said.values())), default=0)
        held = Secret(fresh, highest + 1)
        secret.put(tx, held)
    records = {record.name: record for record in disks.scan(tx)}
    numbers = {record.number for record in records.values()}
    for location in locations:
        if location.name in records:
            continue
        identity = said[location.name]
        known = identity is not None and identity[1] == held.key and identity[0] not in numbers
        number = identity[0] if identity and known else _number(tx)
        record = DiskRecord(location.name, location.zone, number, formatted=known)
        numbers.add(number)
        disks.insert(tx, record)
        records[location.name] = record
    return records, held.key


def _number(tx: Transaction) -> int:
    held = secret.get(tx, _secret)
    assert held is not None
    secret.put(tx, replace(held, next_number=held.next_number + 1))
    return held.next_number


async def _make_ready(state: Store, disk: Disk) -> None:
    if not disk.record.formatted:
        try:
            await asyncio.to_thread(disk.format)
        except OSError as error:
            disk.failed(error)
            return
        formatted = replace(disk.record, formatted=True)

        def work(tx: Transaction) -> None:
            record = disks.get(tx, (formatted.name,))
            if record is not None and record.number == formatted.number and not record.formatted:
                disks.replace(tx, record, replace(record, formatted=True))

        await state.transact(work)
        disk.record = formatted
        log.info("disk joined", disk=disk.location.name, number=disk.number)
    await asyncio.to_thread(disk.look)
