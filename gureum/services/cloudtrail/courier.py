"""The controller that delivers log files and digest files to buckets, every five minutes.

A file is first a parcel: made, named and kept in the transaction that moves the trail's cursor over the archive of
calls (`api.calls`).  Then it is put into the bucket, and only when that succeeded the parcel is removed.  Whatever ends
the process in between, the same bytes are put again under the same key, so each event is in exactly one file.

Nothing is made for a bucket that cannot be written to: the cursor stays where it is, GetTrailStatus says why, and what
the archive still has is delivered when the bucket is there.

A digest covers the hours since the one before it.  On AWS these are one each; after the clock was put forward by a
month the next digest covers the month.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from msgspec.structs import replace

from gureum.api import calls
from gureum.api.calls import GLOBAL_SOURCES, Call, Chapter
from gureum.api.vault import Vault
from gureum.base.clock import Clock
from gureum.base.ids import Ids
from gureum.control.controller import DONE, Status
from gureum.services.cloudtrail import tables
from gureum.services.cloudtrail.records import Chain, Delivery, LogFile, Parcel, SigningKey, Trail
from gureum.services.cloudtrail.rules import events, files, selectors, windows
from gureum.services.cloudtrail.shapes import describe
from gureum.services.cloudtrail.signing import Signer
from gureum.state.store import Store, Transaction

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SELF: Final = "cloudtrail.amazonaws.com"


class BucketError(Exception):
    """A bucket cannot be written to; the error code of S3 says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Buckets(Protocol):
    """Where files are delivered to."""

    async def check(self, bucket: str) -> None:
        """Raise BucketError when nothing can be put there."""

    async def put(self, bucket: str, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """Put an object there, also over one of the same key.  Raises BucketError."""


class NoBuckets:
    """A cloud without S3: no bucket exists."""

    async def check(self, bucket: str) -> None:
        """There is none."""
        raise BucketError("NoSuchBucket")

    async def put(self, bucket: str, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """There is none."""
        raise BucketError("NoSuchBucket")


class Courier:
    """Delivers what trails log; see `control.controller.Controller`."""

    name = "cloudtrail.deliver"
    period_ms = files.slot_ms
    topics = ()

    def __init__(self, store: Store, clock: Clock, ids: Ids, vault: Vault, buckets: Buckets) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._buckets = buckets
        self._signer = Signer(store, clock, ids, vault)

    async def activate(self) -> Status:
        """Deliver what there is for each trail."""
        for trail in await self._store.transact(tables.trails.scan, readonly=True):
            if trail.windows:
                await self._deliver(trail)
        return DONE

    async def _deliver(self, trail: Trail) -> None:
        try:
            await self._buckets.check(trail.bucket)
            await self._send(trail)
            if trail.validation:
                key = await self._signer.key()
                await self._store.transact(lambda tx: self._make_digests(tx, trail, key))
                await self._send(trail)
            else:
                await self._store.transact(lambda tx: _drop_chains(tx, trail))
            while await self._store.transact(lambda tx: self._make_files(tx, trail)):
                await self._send(trail)
        except BucketError as error:
            code = error.code
            await self._store.transact(lambda tx: self._note(tx, trail, code))
        else:
            await self._store.transact(lambda tx: self._note(tx, trail, ""))

    async def _send(self, trail: Trail) -> None:
        """Put all parcels of a trail into its bucket."""
        for parcel in await self._store.transact(lambda tx: tables.parcels.scan(tx, (trail.arn,)), readonly=True):
            if parcel.file is None and parcel.bucket != trail.bucket:
                # A digest names the bucket that it is in: for another one a new chain begins.
                await self._store.transact(lambda tx: _discard(tx, parcel))  # noqa: B023  used at once
                continue
            await self._buckets.put(trail.bucket, parcel.key, parcel.body, parcel.metadata)
            await self._store.transact(lambda tx: self._delivered(tx, trail, parcel))  # noqa: B023  used at once

    def _delivered(self, tx: Transaction, trail: Trail, parcel: Parcel) -> None:
        """A parcel has arrived: note it, and list a log file for the next digest."""
        now_ms = self._clock.now_ms()
        delivery = tables.deliveries.get(tx, (trail.arn,))
        if delivery is None or tables.parcels.get(tx, tables.parcels.key(parcel)) is None:
            return  # the trail was deleted meanwhile
        tables.parcels.delete(tx, parcel)
        if parcel.file is None:
            tables.deliveries.replace(tx, delivery, replace(delivery, digested_ms=now_ms))
            return
        tables.deliveries.replace(tx, delivery, replace(delivery, delivered_ms=now_ms))
        if trail.validation:
            key = (trail.arn, parcel.account, parcel.region)
            chain = tables.chains.get(tx, key) or Chain(*key, now_ms // 1000 * 1000)
            tables.chains.put(tx, replace(chain, files=(*chain.files, replace(parcel.file, bucket=trail.bucket))))

    def _make_files(self, tx: Transaction, trail: Trail) -> bool:
        """Make log files of some of what is new, as parcels; whether there may be more."""
        delivery = tables.deliveries.get(tx, (trail.arn,))
        if delivery is None:
            return False
        folds = dict(delivery.folds)
        for account in tables.accounts_of(tx, trail.account, trail.organization):
            chapters, last = calls.arrivals(tx, account, folds.setdefault(account, calls.folds(tx)))
            folds[account] = last
            for region, logged in _logged(trail, account, chapters).items():
                _add_parcel(tx, self._packed(trail, account, region, logged))
        if folds == delivery.folds:
            return False
        tables.deliveries.replace(tx, delivery, replace(delivery, folds=folds))
        return True

    def _packed(self, trail: Trail, account: str, region: str, logged: list[Call]) -> Parcel:
        text = files.log_text([events.event(call, account, describe) for call in logged])
        unique = self._ids.text(_ALPHABET, files.unique_characters)
        key = files.log_key(trail, account, region, self._clock.now_ms(), unique)
        times = [call.time_ms for call in logged]
        file = LogFile(trail.bucket, key, files.sha256(text), max(times), min(times))
        return Parcel(trail.arn, 0, account, region, trail.bucket, key, files.compressed(text), {}, file)

    def _make_digests(self, tx: Transaction, trail: Trail, key: SigningKey) -> None:
        """Make the digests that are due, as parcels."""
        now_ms = self._clock.now_ms()
        for chain in tables.chains.scan(tx, (trail.arn,)):
            hours = (now_ms - chain.end_ms) // files.digest_ms
            if hours < 1:
                continue
            if not trail.logging and not chain.files:
                tables.chains.delete(tx, chain)  # nothing more will come: the chain ends
                continue
            end_ms = chain.end_ms + hours * files.digest_ms
            name = files.digest_key(trail, chain.account, chain.region, end_ms)
            text = files.digest_text(trail, chain, name, end_ms, key.fingerprint)
            signature = self._signer.sign(key, files.string_to_sign(trail, chain, name, end_ms, text))
            metadata = {"signature": signature, "signature-algorithm": files.SIGNATURE_ALGORITHM}
            body = files.compressed(text)
            _add_parcel(tx, Parcel(trail.arn, 0, chain.account, chain.region, trail.bucket, name, body, metadata))
            following = Chain(
                chain.trail, chain.account, chain.region, end_ms, trail.bucket, name, files.sha256(text), signature
            )
            tables.chains.replace(tx, chain, following)

    def _note(self, tx: Transaction, trail: Trail, error: str) -> None:
        delivery = tables.deliveries.get(tx, (trail.arn,))
        if delivery is None:
            return
        noted: Delivery = replace(
            delivery,
            attempted_ms=self._clock.now_ms(),
            error=error,
            digest_error=error if trail.validation else "",
        )
        tables.deliveries.replace(tx, delivery, noted)


def _logged(trail: Trail, account: str, chapters: Iterable[Chapter]) -> dict[str, list[Call]]:
    """What of the chapters the trail logs, by region, in the order of time."""
    takes = selectors.compile_selectors(trail.basic or (() if trail.advanced else (selectors.DEFAULT,)), trail.advanced)
    found: dict[str, list[Call]] = {}
    for chapter in chapters:
        if not trail.multi_region and chapter.region != trail.region:
            continue
        for call in chapter.calls():
            if not windows.covers(trail.windows, call.time_ms):
                continue
            if call.source in GLOBAL_SOURCES and not trail.global_events:
                continue
            if call.invoked_by == _SELF and not trail.recursive:
                continue
            if takes(selectors.facts(call, account)):
                found.setdefault(chapter.region, []).append(call)
    for logged in found.values():
        logged.sort(key=lambda call: (call.time_ms, call.id))
    return found


def _add_parcel(tx: Transaction, parcel: Parcel) -> None:
    last = tables.parcels.scan(tx, (parcel.trail,), limit=1, reverse=True)
    number = last[0].number + 1 if last else 1
    tables.parcels.insert(tx, replace(parcel, number=number))


def _discard(tx: Transaction, parcel: Parcel) -> None:
    if tables.parcels.get(tx, tables.parcels.key(parcel)) is not None:
        tables.parcels.delete(tx, parcel)
    chain = tables.chains.get(tx, (parcel.trail, parcel.account, parcel.region))
    if chain is not None:
        tables.chains.delete(tx, chain)


def _drop_chains(tx: Transaction, trail: Trail) -> None:
    for chain in tables.chains.scan(tx, (trail.arn,)):
        tables.chains.delete(tx, chain)
