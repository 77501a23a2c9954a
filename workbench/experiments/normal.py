"""Quantiles of the normal distribution in numpy alone: where experiments are evaluated there is no scipy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["normal_quantile"]

_CENTRE_REACHES: Final = 0.425
_TAIL_REACHES: Final = 5.0

# Numerator and denominator of each rational function, the highest power first.
_CENTRE: Final = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.3871328727963666080,
    ),
    (
        5226.4952788528545610,
        28729.085735721942674,
        39307.895800092710610,
        21213.794301586595867,
        5394.1960214247511077,
        687.18700749205790830,
        42.313330701600911252,
        1.0,
    ),
)
_TAIL: Final = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258,
        3.64784832476320460504,
        5.76949722146069140550,
        4.63033784615654529590,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR_TAIL: Final = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580,
        5.46378491116411436990,
        6.65790464350110377720,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


def normal_quantile(probability: Floats) -> Floats:
    """Compute the values that a standard normal number stays below with the given probabilities.

    Parameters
    ----------
    probability : ndarray of float, of any shape
        Greater than 0 and less than 1.

    Returns
    -------
    ndarray of float, of the same shape
        Exact to about one part in 1e16, as `statistics.NormalDist.inv_cdf` is, which computes the same formula for one
        number.

    Notes
    -----
    Algorithm AS 241 (PPND16) [1]_.

    References
    ----------
    .. [1] M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988) 477-484.

    Examples
    --------
    >>> normal_quantile(np.array([0.025, 0.5, 0.975])).round(6).tolist()
    [-1.959964, 0.0, 1.959964]
    """
    centred = probability - 0.5
    quantile = _ratio(_CENTRE, 0.180625 - centred * centred, times=centred)
    outside = np.abs(centred) > _CENTRE_REACHES
    beyond = np.minimum(probability[outside], 1.0 - probability[outside])
    distance = np.sqrt(-np.log(beyond))
    tail = _ratio(_TAIL, distance - 1.6)
    far = distance > _TAIL_REACHES
    tail[far] = _ratio(_FAR_TAIL, distance[far] - _TAIL_REACHES)
    quantile[outside] = np.copysign(tail, centred[outside])
    return quantile


def _ratio(
    coefficients: tuple[tuple[float, ...], tuple[float, ...]], at: Floats, *, times: Floats | float = 1.0
) -> Floats:
    numerator, denominator = (_polynomial(powers, at) for powers in coefficients)
    numerator *= times
    numerator /= denominator
    return numerator


def _polynomial(coefficients: tuple[float, ...], at: Floats) -> Floats:
    total = coefficients[0] * at
    for coefficient in coefficients[1:-1]:
        total += coefficient
        total *= at
    total += coefficients[-1]
    return total
