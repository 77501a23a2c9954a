"""How large the functions are, unzipped and by part, and the template: whether AWS would take them."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Final

from packages import BundlingError

if TYPE_CHECKING:
    from pathlib import Path

    from bundling import Bundle

__all__ = ["LIMIT_BYTES", "TEMPLATE_BYTES", "TEMPLATE_RESOURCES", "check_sizes", "check_template", "sizes_by_part"]

# "Function and layers must be smaller than 262144000 bytes", unzipped: 250 MiB.
LIMIT_BYTES: Final = 250 * 2**20
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
TEMPLATE_RESOURCES: Final = 500
TEMPLATE_BYTES: Final = 1_000_000
_SHOWN: Final = 8


def sizes_by_part(*places: Path) -> dict[str, int]:
    """Return how many bytes each top-level package takes, unzipped, the largest first.

    Parameters
    ----------
    places : Path
        Folders of code and zip files of layers.

    Returns
    -------
    dict
        Bytes by package, or by file where it stands alone.
    """
    found: Counter[str] = Counter()
    for place in places:
        if place.is_dir():
            for file in (path for path in place.rglob("*") if path.is_file()):
                found[file.relative_to(place).parts[0]] += file.stat().st_size
        else:
            with zipfile.ZipFile(place) as layer:
                for entry in layer.infolist():
                    found[entry.filename.split("/")[1]] += entry.file_size
    return dict(found.most_common())


def check_sizes(bundle: Bundle) -> None:
    """Refuse functions that Lambda would refuse, before anything is uploaded.

    Parameters
    ----------
    bundle : Bundle
        What they are made of.

    Raises
    ------
    BundlingError
        With the parts of the first that is too large.
    """
    functions = {
        "parent": (bundle.parent,),
        "child": (bundle.child, bundle.layer),
        "recorder": (bundle.recorder, bundle.layer),
    }
    for name, places in functions.items():
        parts = sizes_by_part(*places)
        total = sum(parts.values())
        if total > LIMIT_BYTES:
            raise BundlingError(
                f"the {name} is {total / 1e6:.1f} MB unzipped, layer included; Lambda takes {LIMIT_BYTES / 1e6:.1f}. "
                f"Keep data and what no experiment imports out of the packages that `experiments` names:\n"
                + _table(parts)
            )


def check_template(template: Path, *, experiments: int) -> None:
    """Refuse a template that CloudFormation would refuse.

    Parameters
    ----------
    template : Path
        As it was synthesized.
    experiments : int
        How many it has tables and queries for.

    Raises
    ------
    BundlingError
        If it has too many resources or bytes.
    """
    text = template.read_bytes()
    resources = len(json.loads(text)["Resources"])
    if resources > TEMPLATE_RESOURCES or len(text) > TEMPLATE_BYTES:
        raise BundlingError(
            f"experiments: the template of {experiments} has {resources} resources and {len(text):,} bytes; "
            f"CloudFormation takes {TEMPLATE_RESOURCES} and {TEMPLATE_BYTES:,}. Deploy some of them in a stack of "
            "their own, with another `stack_name`"
        )


def _table(parts: dict[str, int]) -> str:
    shown = list(parts.items())
    if others := sum(size for _, size in shown[_SHOWN:]):
        shown[_SHOWN:] = [("others", others)]
    return "\n".join(f"  {size / 1e6:8.1f} MB  {part}" for part, size in shown)
