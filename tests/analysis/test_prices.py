"""The bill, against sums made by hand from the price table."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from workbench.analysis.prices import Charges, Prices, charge
from workbench.analysis.usage import Usage


@pytest.mark.parametrize(
    ("usage", "part", "expected"),
    [
        (Usage(child_gb_seconds=300_000, parent_gb_seconds=100_000), "compute", 6.66668),
        (Usage(lambda_requests=3_000_000), "requests", 0.60),
        (Usage(api_requests=2_000_000), "requests", 7.00),
        (Usage(s3_puts=20_000), "s3_requests", 0.10),
        (Usage(s3_gets=100_000), "s3_requests", 0.04),
        (Usage(s3_gb_months=100), "s3_storage", 2.30),
        (Usage(athena_bytes=3e12), "athena", 15.00),
    ],
)
def test_each_part_has_its_price(usage: Usage, part: str, expected: float) -> None:
    charges = charge(usage, Prices())
    assert getattr(charges, part) == pytest.approx(expected)
    assert charges.total == pytest.approx(expected)


@pytest.mark.parametrize("price", [field.name for field in fields(Prices)])
def test_every_price_counts_and_can_be_replaced(price: str) -> None:
    used = Usage(**{field.name: 1_000_000 for field in fields(Usage)})
    dearer = replace(Prices(), **{price: 2 * getattr(Prices(), price)})
    assert charge(used, dearer).total > charge(used, Prices()).total


def test_a_bill_names_its_parts() -> None:
    assert str(Charges(compute=2.5, athena=0.00005)) == (
        "compute $2.50, requests $0.00, s3 requests $0.00, s3 storage $0.00, athena $0.00005"
    )
