"""The arithmetic of durability, and that the page says what it computes."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from gureum.objects.durability import Group, annual_loss, first_passage_hours, hours_per_year, layouts, nines, table

PAGE = Path(__file__).parent.parent.parent / "docs" / "durability.md"


def test_the_page_has_the_table() -> None:
    """Numbers in a document are what the function gives."""
    assert table() in PAGE.read_text()


def test_one_disk_is_lost_as_often_as_disks_fail() -> None:
    """The simplest case is exact."""
    assert annual_loss(Group(1, 0, 0.015)) == pytest.approx(0.015)
    assert annual_loss(Group(3, 0, 0.015)) == pytest.approx(1 - (1 - 0.015) ** 3)


def test_a_mirror_is_the_textbook_formula() -> None:
    """MTTF² / 2·MTTR, when repair is much faster than failure."""
    failure = -math.log1p(-0.015) / hours_per_year
    assert first_passage_hours(Group(2, 1, 0.015, 10)) == pytest.approx(1 / (2 * failure**2 * 10), rel=1e-3)


def test_it_agrees_with_a_simulation() -> None:
    """Disks that fail and are repaired by lot, at rates at which one need not wait long."""
    group = Group(6, 2, annual_failure_rate=0.9, repair_hours=400)
    failure, choices = -math.log1p(-0.9) / hours_per_year, random.Random(1)

    def life() -> float:
        hours, away = 0.0, 0
        while away <= group.tolerated:
            up, down = (group.shards - away) * failure, away / group.repair_hours
            hours += choices.expovariate(up + down)
            away += 1 if choices.random() < up / (up + down) else -1
        return hours

    lives = [life() for _ in range(4000)]
    assert first_passage_hours(group) == pytest.approx(sum(lives) / len(lives), rel=0.06)


def test_more_parity_and_faster_repair_never_hurt() -> None:
    """And what cannot be read during a repair does."""
    for shards in range(3, 13):
        losses = [annual_loss(Group(shards, tolerated)) for tolerated in range(min(4, shards))]
        assert losses == sorted(losses, reverse=True)
    assert annual_loss(Group(6, 2, repair_hours=1)) < annual_loss(Group(6, 2, repair_hours=24))
    assert annual_loss(Group(6, 2, sector_error=0.1)) > annual_loss(Group(6, 2))


def test_eleven_nines_need_a_fast_repair() -> None:
    """What the page says of the default code."""
    by_name = {layout.name: layout.group for layout in layouts()}
    assert nines(annual_loss(by_name["4+2, six disks"])) < 9
    assert nines(annual_loss(by_name["4+2, six disks"]._replace(repair_hours=1.9))) >= 11
    assert nines(annual_loss(by_name["4+2, six disks"]._replace(repair_hours=2.0))) < 11.05
