"""What AWS asks for what a run uses: a dated table of list prices, and the bill that follows from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workbench.analysis.usage import Usage

__all__ = ["Charges", "Prices", "charge", "dollars"]

_MILLION: Final = 1e6
_THOUSAND: Final = 1e3
# AWS does not say which terabyte it means; the smaller one makes the bill larger, by a tenth at most.
_TB: Final = 1e12


@dataclass(frozen=True, kw_only=True)
class Prices:
    """List prices of AWS in US dollars: us-east-1, x86_64, first tier, no free tier, no savings plan.

    Looked up on 2026-11-24; docs/limits-and-costs.md names the source of each. They are yours to replace:
    ``Prices(lambda_gb_second=0.0000133334)`` for arm64, another region, or what your account has agreed on.

    Parameters
    ----------
    lambda_gb_second : float
        A gigabyte-second of Lambda. https://aws.amazon.com/lambda/pricing/
    lambda_million_requests : float
        A million invocations. https://aws.amazon.com/lambda/pricing/
    api_million_requests : float
        A million calls of a REST API. https://aws.amazon.com/api-gateway/pricing/
    s3_thousand_puts : float
        A thousand PUT or LIST requests, S3 Standard. https://aws.amazon.com/s3/pricing/
    s3_thousand_gets : float
        A thousand GET requests, S3 Standard. https://aws.amazon.com/s3/pricing/
    s3_gb_month : float
        A gigabyte kept for a month, S3 Standard. https://aws.amazon.com/s3/pricing/
    athena_tb : float
        A terabyte scanned; a query scans 10 MB at least. https://aws.amazon.com/athena/pricing/

    Examples
    --------
    >>> Prices().lambda_million_requests
    0.2
    """

    lambda_gb_second: float = 0.0000166667
    lambda_million_requests: float = 0.20
    api_million_requests: float = 3.50
    s3_thousand_puts: float = 0.005
    s3_thousand_gets: float = 0.0004
    s3_gb_month: float = 0.023
    athena_tb: float = 5.00


@dataclass(frozen=True, kw_only=True)
class Charges:
    """A bill in US dollars, by part.

    Parameters
    ----------
    compute : float
        Gigabyte-seconds of Lambda.
    requests : float
        Invocations of Lambda and calls of the API.
    s3_requests : float
        PUT, LIST and GET.
    s3_storage : float
        The outcomes, for one month.
    athena : float
        Queries.
    """

    compute: float = 0.0
    requests: float = 0.0
    s3_requests: float = 0.0
    s3_storage: float = 0.0
    athena: float = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.compute + self.requests + self.s3_requests + self.s3_storage + self.athena

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {dollars(value)}" for name, value in asdict(self).items())


def charge(usage: Usage, prices: Prices) -> Charges:
    """Write the bill of what is used.

    Parameters
    ----------
    usage : Usage
        What is billed.
    prices : Prices
        What it costs.

    Returns
    -------
    Charges
    """
    return Charges(
        compute=usage.gb_seconds * prices.lambda_gb_second,
        requests=usage.lambda_requests * prices.lambda_million_requests / _MILLION
        + usage.api_requests * prices.api_million_requests / _MILLION,
        s3_requests=usage.s3_puts * prices.s3_thousand_puts / _THOUSAND
        + usage.s3_gets * prices.s3_thousand_gets / _THOUSAND,
        s3_storage=usage.s3_gb_months * prices.s3_gb_month,
        athena=usage.athena_bytes * prices.athena_tb / _TB,
    )


def dollars(amount: float) -> str:
    """Write an amount with cents, or with two figures where it is less than a cent.

    Examples
    --------
    >>> dollars(1234.5), dollars(0.00123), dollars(1e-7), dollars(0)
    ('$1,234.50', '$0.0012', '$0.0000001', '$0.00')
    """
    return f"${amount:,.2f}" if not 0 < amount < 0.01 else f"${Decimal(f'{amount:.2g}'):f}"  # noqa: PLR2004
