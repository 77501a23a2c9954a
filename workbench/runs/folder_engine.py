"""The query engine of runs in a folder; DuckDB is loaded by those who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.analysis.sql import Query
    from workbench.contract import ExperimentSpec

__all__ = ["FolderEngine"]


class FolderEngine:
    """A `QueryEngine` over runs of one experiment in a folder.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    spec : ExperimentSpec
        Their experiment.
    *run_ids : str
        The runs.
    """

    def __init__(self, root: Path, spec: ExperimentSpec, *run_ids: str) -> None:
        self._root = root
        self._spec = spec
        self._run_ids = run_ids

    def query(self, query: Query) -> pd.DataFrame:
        """Run a query; see `QueryEngine.query`."""
        from workbench.analysis.duck import DuckEngine  # noqa: PLC0415 -- see above

        return DuckEngine(self._root, self._spec, *self._run_ids).query(query)

    def over(self, run_ids: Sequence[str]) -> FolderEngine:
        """Return the engine for other runs of the folder; see `QueryEngine.over`."""
        return FolderEngine(self._root, self._spec, *run_ids)
