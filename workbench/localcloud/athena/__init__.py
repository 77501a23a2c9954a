"""Athena for the AWS stack in the laptop: Trino's SQL over DuckDB, Glue's declared types, partition projection.

It stands in for the emulator's own Athena, which ignores execution parameters, declared types and projection.
"""

from __future__ import annotations

__all__ = ["install"]


def install(base_url: str) -> None:  # noqa: ARG001 - the launcher's contract; data is read from the stores in process
    """Answer Athena's query actions here from now on; the emulator keeps the rest of Athena.

    Parameters
    ----------
    base_url : str
        Where the emulator answers.
    """
    # Imported here so that the parts that decide purely can be used without the emulator's settings.
    from ministack.services import athena  # noqa: PLC0415

    from workbench.localcloud.athena.service import AthenaService  # noqa: PLC0415

    athena.handle_request = AthenaService(athena.handle_request).handle
