"""A run's state is a function of its keys: controls, outcomes, and the reports of the latest generation."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.charts.shard_map import STATE_COLOURS
from workbench.contract import Controls
from workbench.contract.keys import ReportKey, control_key, manifest_key, outcome_key, report_key
from workbench.runs.status import (
    Landed,
    RunStatus,
    ShardState,
    list_landed,
    missing_shards,
    run_status,
    shard_states,
    shards_without_success,
)
from workbench.storage.memory import MemoryStore

MANIFEST = plan(wb.Sweep(faulty_models.noise, wb.product(a=range(10)), replicates=2), shard_size=6)  # 6, 6, 6, 2 rows
RUN = MANIFEST.run_id
SIZES = [6, 6, 6, 2]
SHARDS = range(4)

shards = st.sets(st.sampled_from(SHARDS))
endings = st.integers(0, 3).flatmap(
    lambda shard: st.tuples(
        st.just(shard),
        st.integers(0, SIZES[shard]).flatmap(lambda bad: st.integers(0, bad).map(lambda c: (bad - c, c))),
    )
)
reports = st.lists(endings.filter(lambda ending: sum(ending[1]) > 0), max_size=8)


def success(shard_id: int) -> str:
    return outcome_key("noise", RUN, "success", shard_id)


def failure(shard_id: int) -> str:
    return outcome_key("noise", RUN, "failure", shard_id)


def report(shard_id: int, failed: int, cancelled: int, *, generation: int = 0) -> str:
    return report_key(ReportKey(RUN, generation, shard_id, failed, cancelled))


def landed(*keys: str) -> Landed:
    store = MemoryStore()
    for key in keys:
        store.put(key, b"")
    return list_landed(store, MANIFEST)


def status_of(*keys: str) -> RunStatus:
    return run_status(MANIFEST, landed(*keys))


def states_of(*keys: str) -> list[ShardState]:
    return shard_states(MANIFEST, landed(*keys))


@given(good=shards, bad=shards, ended=reports, earlier=reports, generation=st.integers(0, 12))
def test_every_shard_and_row_is_counted_once(
    good: set[int],
    bad: set[int],
    ended: list[tuple[int, tuple[int, int]]],
    earlier: list[tuple[int, tuple[int, int]]],
    generation: int,
) -> None:
    keys = [*map(success, good), *map(failure, bad)]
    keys += [control_key(RUN, number, "resumed") for number in range(1, generation + 1)]
    keys += [report(shard, *counts, generation=generation) for shard, counts in ended]
    keys += [report(shard, *counts, generation=generation - 1) for shard, counts in earlier if generation]
    status = status_of(*keys)

    best: dict[int, tuple[int, int]] = {}
    for shard, counts in ended:
        if shard not in good and (shard not in best or sum(counts) < sum(best[shard])):
            best[shard] = counts
    missing = set(SHARDS) - good - set(best)
    for counts in (status.shards, status.rows):
        assert counts.expected == counts.succeeded + counts.failed + counts.cancelled + counts.missing
        assert counts.ended == counts.expected - counts.missing
    assert (status.shards.expected, status.rows.expected) == (4, 20)
    assert status.shards.succeeded == len(good)
    assert status.shards.missing == len(missing)
    assert status.rows.missing == sum(SIZES[shard] for shard in missing)
    bad_rows = sum(sum(counts) for counts in best.values())
    assert status.rows.failed + status.rows.cancelled == bad_rows
    assert status.unfinished == len(bad & missing)
    assert status.first_missing == tuple(sorted(missing))
    assert status.generation == generation
    assert (status.state == "RUNNING") == bool(missing)
    if not missing:
        cancelled = status.rows.cancelled > 0
        assert status.state == ("ABORTED" if cancelled else "FAILED" if bad_rows else "SUCCEEDED")


def test_rows_of_a_reported_shard_are_exact() -> None:
    status = status_of(success(0), failure(1), report(1, 2, 1), failure(3), report(3, 1, 0), failure(2))
    rows = status.rows
    assert (rows.succeeded, rows.failed, rows.cancelled, rows.missing) == (6 + 3 + 1, 3, 1, 6)
    kinds = status.shards
    assert (kinds.succeeded, kinds.failed, kinds.cancelled, kinds.missing) == (1, 1, 1, 1)
    assert (status.state, status.unfinished, status.first_missing) == ("RUNNING", 1, (2,))


def test_the_better_of_two_reports_and_a_success_over_both() -> None:
    assert status_of(failure(3), report(3, 2, 0), report(3, 0, 1)).rows.cancelled == 1
    assert status_of(failure(3), report(3, 2, 0), report(3, 1, 0)).rows.failed == 1
    assert status_of(failure(3), report(3, 2, 0), success(3)).rows.failed == 0


def test_a_resumed_run_waits_for_its_new_reports() -> None:
    ended = [*map(success, (0, 1, 2)), failure(3), report(3, 0, 2), control_key(RUN, 0, "cancelled")]
    assert status_of(*ended).state == "ABORTED"
    begun = [*ended, control_key(RUN, 1, "resumed")]
    assert (status_of(*begun).state, status_of(*begun).unfinished) == ("RUNNING", 1)
    assert status_of(*begun, report(3, 1, 0, generation=1)).state == "FAILED"
    assert status_of(*begun, success(3)).state == "SUCCEEDED"


def test_keys_of_something_else_do_not_count() -> None:
    beyond = [success(4), failure(7), report(9, 1, 0)]
    others = [manifest_key(RUN), success(0) + ".part", success(0).replace("success", "other"), report(0, 1, 0) + "-x"]
    assert status_of(*beyond, *others) == status_of()


def test_what_a_resume_takes_and_what_is_missing() -> None:
    keys = (success(0), failure(1), failure(2))
    found = Landed(Controls(generation=0, dispatched=True, cancelled=False), keys, (report(1, 1, 0),))
    assert shards_without_success(MANIFEST, found) == [1, 2, 3]
    assert missing_shards(MANIFEST, found) == [2, 3]


def test_in_words() -> None:
    status = status_of(success(0), failure(3), report(3, 1, 1), failure(1))
    assert str(status) == "RUNNING: 2 of 4 shards, 8 of 20 rows, 1 rows failed, 1 rows cancelled, 1 shards partly done"
    assert repr(status) == f"<{status}>"
    assert str(status_of(*map(success, SHARDS))) == "SUCCEEDED: 4 of 4 shards, 20 of 20 rows"
    resumed = status_of(*map(success, SHARDS), control_key(RUN, 2, "resumed"))
    assert str(resumed).endswith(", 2 times resumed")


def test_states_of_the_shards() -> None:
    keys = [success(0), failure(1), report(1, 2, 0), failure(2)]
    assert states_of(*keys) == ["succeeded", "failed", "partly done", "missing"]
    assert states_of(*keys, report(1, 1, 0), failure(3), report(3, 1, 1)) == [
        "succeeded",
        "failed",
        "partly done",
        "cancelled",
    ]
    assert states_of(*keys, success(1), success(2), success(3)) == ["succeeded"] * 4
    assert states_of(*keys, control_key(RUN, 1, "resumed")) == ["succeeded", "partly done", "partly done", "missing"]
    assert states_of(success(4), report(9, 1, 0)) == ["missing"] * 4


def test_the_map_has_a_colour_for_each_state() -> None:
    assert tuple(STATE_COLOURS) == get_args(ShardState)
