"""What a run answers: statistics, own SQL, raw rows, scores; each is asked of the outcomes that are there by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.analysis.sql import coverage_query, failures_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workbench.analysis.engine import QueryEngine
    from workbench.analysis.score import Goals
    from workbench.contract import Manifest
    from workbench.experiments import Experiment
    from workbench.runs.verification import Verification
    from workbench.storage import Store

__all__ = ["Questions"]

# ruff: noqa: PLC0415 -- pandas, scipy and pyarrow are loaded by those who ask


class Questions:
    """Asks the outcomes of one run.

    Parameters
    ----------
    manifest : Manifest
        What was planned.
    store : Store
        Where the outcomes land.
    engine : QueryEngine
        Where they are queried.
    """

    def __init__(self, manifest: Manifest, store: Store, engine: QueryEngine) -> None:
        self.manifest = manifest
        self._store = store
        self._engine = engine

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.manifest.run_id

    def aggregate(
        self,
        *,
        by: Sequence[str],
        metrics: Sequence[str] | None = None,
        stats: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Summarise metrics over groups of rows; the query engine does it, only the summary travels.

        Parameters
        ----------
        by : sequence of str
            Parameters (or ``replicate``) whose combinations are the groups.
        metrics : sequence of str, optional
            Metrics to summarise; by default all that are not text.
        stats : sequence of str, optional
            Any of count, mean, std, sem, ci (ci_low and ci_high: 95 %, Student t), min, max, median and exact quantiles
            such as p5 or p97.5; by default count, mean, std, sem, ci.
        where : mapping, optional
            Parameters and the value, or values, that a row must have.

        Returns
        -------
        pandas.DataFrame
            One line per group and metric: `by`, metric, and the statistics in the order asked.

        Raises
        ------
        QueryError
            If a name is unknown, or the engine refuses.
        """
        from workbench.analysis.summary import aggregate

        spec = self.manifest.spec
        return aggregate(self._engine, spec, self.run_id, by=by, metrics=metrics, stats=stats, where=where)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """Run one's own SELECT over the relation ``outcomes``, which has each row of the run that counts once.

        Parameters
        ----------
        sql : str
            One statement, such as ``SELECT servers, max(mean_wait) FROM outcomes GROUP BY servers``.
        parameters : sequence
            A value for each ``?``.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        QueryError
            If it is not one SELECT, or the engine refuses.
        """
        from workbench.analysis.own_query import own_query

        return self._engine.query(own_query(self.manifest.spec, self.run_id, sql, parameters))

    def rows(self, *, columns: Sequence[str] | None = None) -> Any:
        """Stream the rows that count, shard after shard; one file is held at a time.

        Parameters
        ----------
        columns : sequence of str, optional
            All by default.

        Returns
        -------
        pyarrow.RecordBatchReader
            An iterator over record batches, with `read_all` and `read_pandas`.

        Raises
        ------
        QueryError
            If a column is unknown.
        OutcomeError
            If an outcome is damaged.
        """
        from workbench.runs.rows import rows

        return rows(self._store, self.manifest, columns=columns)

    def to_xarray(self, *, metrics: Sequence[str] | None = None, where: Mapping[str, Any] | None = None) -> Any:
        """Return the points as a dataset over the parameters that vary; needs xarray.

        Parameters
        ----------
        metrics, where
            As of `aggregate`.

        Returns
        -------
        xarray.Dataset
            Of each metric its mean, and as ``<metric>_std`` and ``<metric>_count`` its deviation and number of rows.

        Raises
        ------
        WorkbenchError
            If xarray is not installed.
        """
        from workbench.analysis.grid import GRID_STATS, to_xarray

        spec = self.manifest.spec
        by = [parameter.name for parameter in spec.parameters]
        return to_xarray(self.aggregate(by=by, metrics=metrics, stats=GRID_STATS, where=where), spec)

    def rank(self, goals: Goals, *, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Order the points by a weighted score of several metrics, the best first; see `workbench.analysis.score.rank`.

        Parameters
        ----------
        goals : mapping
            Of metrics to ``"min"``, ``"max"``, or a direction with its weight, such as ``("max", 2.0)``.
        where : mapping, optional
            As of `aggregate`.

        Returns
        -------
        pandas.DataFrame
            A line per point: its parameters, the means of the metrics, score (1 is best) and rank.
        """
        from workbench.analysis.score import rank

        return rank(self._points(goals, where), goals)

    def pareto(self, goals: Goals, *, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Find the points that no other point beats in every metric; parameters as of `rank`.

        Returns
        -------
        pandas.DataFrame
            A line per point: its parameters, the means of the metrics, and whether it is efficient.
        """
        from workbench.analysis.score import pareto

        return pareto(self._points(goals, where), goals)

    def effects(self, metric: str, *, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Split the variance of a metric by parameters and pairs of them; see `workbench.analysis.effects.effects`.

        Parameters
        ----------
        metric : str
            Which one.
        where : mapping, optional
            As of `aggregate`.

        Returns
        -------
        pandas.DataFrame
            A line per term: term, parameters, share.
        """
        from workbench.analysis.effects import effects

        return effects(self.aggregate(by=self._varying(), metrics=[metric], where=where), metric)

    def verify(
        self,
        *,
        sample: int = 50,
        seed: int = 0,
        tolerance: int = 0,
        experiment: Experiment[..., Any] | None = None,
    ) -> Verification:
        """Evaluate good rows of the run again, here, and compare them bit for bit with what was written.

        Parameters
        ----------
        sample : int
            Rows to compare; all good rows where there are fewer.
        seed : int
            Chooses the rows.
        tolerance : int
            Steps between neighbouring floats that still count as equal; processors of different families may need some.
        experiment : Experiment, optional
            Found by its name where it is missing.

        Returns
        -------
        Verification
            True where every row is equal; its `differences` otherwise.

        Raises
        ------
        CodeMismatchError, ExperimentError
            If the experiment here is other code than the run's, or not known.
        OutcomeError
            If an outcome is damaged, or does not hold the rows of its shard.
        RunError
            If `sample` or `tolerance` cannot be, or there is no good row yet.
        """
        from workbench.runs.verify import verify

        return verify(self.manifest, self._store, sample=sample, seed=seed, tolerance=tolerance, experiment=experiment)

    def coverage(self) -> pd.DataFrame:
        """Count rows, good rows, failed rows and shards by a query over the outcomes; one line."""
        return self._engine.query(coverage_query(self.manifest.spec, self.run_id))

    def failures(self) -> pd.DataFrame:
        """Count failed rows by error code, each with an example row: its index, message and parameters.

        Returns
        -------
        pandas.DataFrame
            One line per code: error_code, count, example_message, example_row_index, and ``example.<parameter>`` of
            every parameter; no line where every row is good.
        """
        return self._engine.query(failures_query(self.manifest.spec, self.run_id))

    def _points(self, goals: Goals, where: Mapping[str, Any] | None) -> pd.DataFrame:
        from workbench.analysis.score import directions_of

        return self.aggregate(by=self._varying(), metrics=list(directions_of(goals)), where=where)

    def _varying(self) -> list[str]:
        return list(self.manifest.sweep.space.names)
