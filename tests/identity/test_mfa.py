"""One-time passwords against RFC 6238, and that each is good once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gureum.api.vault import Vault
from gureum.base.ids import Ids
from gureum.identity import mfa, tables
from gureum.identity.mfa import WrongCode
from gureum.identity.records import MfaDevice
from gureum.state.memory import MemoryStore
from gureum.state.store import Transaction

SEED = b"12345678901234567890"
VAULT = Vault(bytes(32))
NOW_MS = 1_800_000_000_000
STEP = mfa.step_at(NOW_MS)
SERIAL = "arn:aws:iam::111122223333:mfa/phone"
NEW = MfaDevice("111122223333", SERIAL, mfa.seal(VAULT, Ids(), SEED), 0, user="alice")


Run = Callable[[Callable[[Transaction], None]], None]


@pytest.fixture
def run() -> Run:
    """Runs a work in a transaction of one store in which the device is."""
    store = MemoryStore()

    def transact(work: Callable[[Transaction], None]) -> None:
        async def once() -> None:
            await store.open()
            await store.transact(work)

        asyncio.run(once())

    sealed = mfa.seal(VAULT, Ids(), SEED)  # its own: wrong codes are counted for each
    transact(lambda tx: tables.mfa_devices.insert(tx, replace(NEW, sealed=sealed)))
    return transact


def stored(tx: Transaction) -> MfaDevice:
    """The device as it is now."""
    device = tables.mfa_devices.get(tx, (NEW.account, NEW.serial))
    assert device is not None
    return device


def use(tx: Transaction, step: int) -> None:
    """Use the code of `step` now."""
    mfa.verify(tx, VAULT, stored(tx), mfa.code_of(SEED, step), NOW_MS)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    """RFC 6238, appendix B; the last six of its eight digits."""
    assert mfa.code_of(SEED, mfa.step_at(seconds * 1000)) == code


def test_a_new_seed_is_64_characters() -> None:
    """As many as AWS's, and none of them padding."""
    text = mfa.base32(mfa.new_seed(Ids()))
    assert (len(text), text.strip("=")) == (64, text)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_device_may_be_one_step_off(run: Run, off: int) -> None:
    """In either direction."""
    run(lambda tx: use(tx, STEP + off))


@pytest.mark.parametrize("off", [-2, 2])
def test_a_device_that_is_further_off_is_refused(run: Run, off: int) -> None:
    """It has to be synchronized."""
    with pytest.raises(WrongCode):
        run(lambda tx: use(tx, STEP + off))


def test_no_code_is_good_twice(run: Run) -> None:
    """Nor one of an earlier step, once a later one was used."""
    run(lambda tx: use(tx, STEP))
    with pytest.raises(WrongCode):
        run(lambda tx: use(tx, STEP))
    with pytest.raises(WrongCode):
        run(lambda tx: use(tx, STEP - 1))
    run(lambda tx: use(tx, STEP + 1))


def test_a_device_is_synchronized_with_two_codes_in_a_row() -> None:
    """Up to ten minutes off; from then on it is accepted as it is."""
    first, second = (mfa.code_of(SEED, STEP + 10 + number) for number in range(2))
    device = mfa.synchronized(VAULT, NEW, (first, second), NOW_MS)
    assert (device.drift, device.step) == (11, STEP + 11)
    with pytest.raises(WrongCode):
        mfa.synchronized(VAULT, device, (first, second), NOW_MS)
    with pytest.raises(WrongCode):
        mfa.synchronized(VAULT, NEW, (second, first), NOW_MS)
    with pytest.raises(WrongCode):
        mfa.synchronized(VAULT, NEW, (mfa.code_of(SEED, STEP + 40), mfa.code_of(SEED, STEP + 41)), NOW_MS)
    in_step = mfa.synchronized(VAULT, device, (mfa.code_of(SEED, STEP + 12), mfa.code_of(SEED, STEP + 13)), NOW_MS)
    assert in_step.drift == 13


def test_a_synchronized_device_is_accepted_where_it_is(run: Run) -> None:
    """Its codes are taken around its own time, no longer around the host's."""

    def drifting(tx: Transaction) -> None:
        tables.mfa_devices.put(tx, replace(stored(tx), drift=5))

    run(drifting)
    with pytest.raises(WrongCode):
        run(lambda tx: use(tx, STEP))
    run(lambda tx: use(tx, STEP + 5))


def test_who_guesses_runs_into_a_wall(run: Run) -> None:
    """After five different wrong codes the right one is refused too, until five minutes have passed."""
    right = mfa.code_of(SEED, STEP)
    wrong = [code for number in range(20) if (code := f"{number:06}") != right]

    def try_code(code: str, host_ms: int = NOW_MS) -> None:
        run(lambda tx: mfa.verify(tx, VAULT, stored(tx), code, host_ms))

    for code in (*wrong[:4], wrong[0]):
        with pytest.raises(WrongCode):
            try_code(code)
    try_code(right)
    for code in (wrong[4], mfa.code_of(SEED, STEP + 1)):
        with pytest.raises(WrongCode):
            try_code(code)
    later_ms = NOW_MS + 5 * 60 * 1000
    try_code(mfa.code_of(SEED, mfa.step_at(later_ms)), later_ms)


def test_a_seed_does_not_lie_in_the_open() -> None:
    """It is sealed."""
    assert SEED not in NEW.sealed
