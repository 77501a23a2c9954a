"""Athena's query actions over HTTP: requests checked, queries run in threads, everything else left to the emulator."""

from __future__ import annotations

import asyncio
import contextvars
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.core.router import extract_access_key_id

from workbench.localcloud.athena.engine import Query
from workbench.localcloud.athena.executions import Execution, Executions
from workbench.localcloud.athena.failures import InvalidRequestError, QueryFailedError, ScanLimitError
from workbench.localcloud.athena.statement import parse_statement
from workbench.localcloud.athena.stores import Caller, EmulatorCatalog, ResultLocation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from workbench.localcloud.athena.results import Result

__all__ = ["AthenaService"]

_Answer = tuple[int, dict[str, str], bytes]
_T = TypeVar("_T")
_THREADS = 4
_INTERRUPT_SECONDS = 0.05
_MAX_ROWS = 1_000
_MAX_IDS = 50


class _Handler(Protocol):
    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> Awaitable[_Answer]: ...


class AthenaService:
    """Athena's query actions.

    Parameters
    ----------
    others : callable
        The emulator's handler, which keeps workgroups, named queries and metadata.
    """

    def __init__(self, others: _Handler) -> None:
        self._others = others
        self._executions = Executions()
        self._queries: dict[str, Query] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="athena")
        self._actions: dict[str, Callable[[dict[str, Any], Caller], Awaitable[dict[str, Any]]]] = {
            "BatchGetQueryExecution": self._batch_get,
            "GetQueryExecution": self._get,
            "GetQueryResults": self._results,
            "ListQueryExecutions": self._list,
            "StartQueryExecution": self._start,
            "StopQueryExecution": self._stop,
        }

    async def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
    ) -> _Answer:
        """Answer a request to Athena.

        Parameters
        ----------
        method, path, headers, body, query_params
            The request, authenticated and authorized.

        Returns
        -------
        tuple of (int, dict, bytes)
            Status, headers and body.
        """
        action = self._actions.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if action is None:
            return await self._others(method, path, headers, body, query_params)
        caller = Caller(extract_access_key_id(headers, query_params))
        try:
            answer: _Answer = json_response(await action(json.loads(body or b"{}"), caller))
        except json.JSONDecodeError:
            answer = error_response_json("SerializationException", "the body is no JSON", 400)
        except InvalidRequestError as error:
            extra = {"AthenaErrorCode": error.code}
            answer = error_response_json("InvalidRequestException", str(error), 400, extra, message_key="Message")
        return answer

    async def _start(self, data: dict[str, Any], caller: Caller) -> dict[str, Any]:
        sql = data.get("QueryString") or ""
        workgroup = await self._workgroup(data.get("WorkGroup") or "primary")
        configuration = workgroup.get("Configuration") or {}
        execution = self._execution(data, sql, configuration, workgroup["Name"])
        location = _result_location(execution.output)
        location.verify(caller)
        statement = await asyncio.to_thread(parse_statement, sql)
        if before := self._executions.submitted_before(execution):
            return {"QueryExecutionId": before.id}
        self._executions.add(execution)
        limit = configuration.get("BytesScannedCutoffPerQuery")
        query = Query(
            statement,
            execution.parameters,
            database=execution.database,
            catalog=EmulatorCatalog(caller),
            scan_limit=int(limit) if limit else None,
        )
        self._queries[execution.id] = query
        self._keep(asyncio.create_task(self._execute(execution, query, location, caller)))
        return {"QueryExecutionId": execution.id}

    def _execution(self, data: dict[str, Any], sql: str, configuration: dict[str, Any], workgroup: str) -> Execution:
        name = str(uuid.uuid4())
        configured = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
        asked = (data.get("ResultConfiguration") or {}).get("OutputLocation")
        enforced = configuration.get("EnforceWorkGroupConfiguration") in (True, "true")
        output = configured if enforced and configured else asked or configured
        if not output:
            raise InvalidRequestError(
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input."
            )
        context = data.get("QueryExecutionContext") or {}
        return Execution(
            id=name,
            scope=(get_account_id(), get_region()),
            sql=sql,
            database=str(context.get("Database") or "default").lower(),
            workgroup=workgroup,
            output=f"{output.rstrip('/')}/{name}.csv",
            parameters=[str(parameter) for parameter in data.get("ExecutionParameters") or []],
            token=data.get("ClientRequestToken"),
        )

    async def _workgroup(self, name: str) -> dict[str, Any]:
        headers = {"x-amz-target": "AmazonAthena.GetWorkGroup"}
        status, _, body = await self._others("POST", "/", headers, json.dumps({"WorkGroup": name}).encode(), {})
        if status != 200:  # noqa: PLR2004 - HTTP
            raise InvalidRequestError(f"WorkGroup {name} is not found.", code="WORKGROUP_NOT_FOUND")
        workgroup: dict[str, Any] = json.loads(body)["WorkGroup"]
        if workgroup.get("State") == "DISABLED":
            raise InvalidRequestError(f"WorkGroup {name} is disabled.", code="WORKGROUP_DISABLED")
        return workgroup

    async def _execute(self, execution: Execution, query: Query, location: ResultLocation, caller: Caller) -> None:
        def answer() -> Result | None:
            if execution.ended:
                return None
            execution.start()
            return query.run()

        try:
            result = await self._in_thread(answer)
            if result is not None and not execution.ended:
                execution.scanned = result.scanned
                metadata = json.dumps([column.as_json() for column in result.columns]).encode()
                location.write(caller, csv=result.to_csv(), metadata=metadata)
                execution.result = result
                execution.end("SUCCEEDED")
        except QueryFailedError as error:
            execution.fail(error)
        except ScanLimitError as error:
            execution.scanned = error.scanned
            execution.end("CANCELLED", reason=str(error))
        finally:
            # Whatever else went wrong is a fault of the emulator, which its log shows; the caller must not wait for it.
            execution.fail(QueryFailedError("GENERIC_INTERNAL_ERROR", "see the emulator's log"))
            del self._queries[execution.id]

    async def _get(self, data: dict[str, Any], _: Caller) -> dict[str, Any]:
        return {"QueryExecution": self._known(data).as_json()}

    async def _batch_get(self, data: dict[str, Any], _: Caller) -> dict[str, Any]:
        found, missing = [], []
        for name in data.get("QueryExecutionIds") or []:
            try:
                found.append(self._known({"QueryExecutionId": name}).as_json())
            except InvalidRequestError as error:
                missing.append({"QueryExecutionId": name, "ErrorCode": error.code, "ErrorMessage": str(error)})
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    async def _list(self, data: dict[str, Any], _: Caller) -> dict[str, Any]:
        names = self._executions.of_workgroup(data.get("WorkGroup") or "primary", (get_account_id(), get_region()))
        start, size = _page(data, largest=_MAX_IDS)
        more = {"NextToken": str(start + size)} if start + size < len(names) else {}
        return {"QueryExecutionIds": names[start : start + size], **more}

    async def _stop(self, data: dict[str, Any], _: Caller) -> dict[str, Any]:
        execution = self._known(data)
        execution.end("CANCELLED", reason="Query cancelled by user")
        self._keep(asyncio.create_task(self._interrupt(execution.id)))
        return {}

    async def _interrupt(self, name: str) -> None:
        # DuckDB forgets an interrupt that comes before the query has begun.
        while query := self._queries.get(name):
            query.cancel()
            await asyncio.sleep(_INTERRUPT_SECONDS)

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The loop itself holds tasks only weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _results(self, data: dict[str, Any], caller: Caller) -> dict[str, Any]:
        execution = self._known(data)
        if not execution.ended:
            raise InvalidRequestError(f"Query has not yet finished. Current state: {execution.state}")
        if execution.state != "SUCCEEDED":
            raise InvalidRequestError(f"Query did not finish successfully. Final query state: {execution.state}")
        if reason := _result_location(execution.output).may_read(caller):
            raise InvalidRequestError(f"Access denied to {execution.output}. {reason}", code="ACCESS_DENIED")
        result = execution.result
        if result is None:
            raise InvalidRequestError(f"The rows are no longer kept here; read {execution.output}")
        start, size = _page(data, largest=_MAX_ROWS)
        more = {"NextToken": str(start + size)} if start + size < len(result.rows) + 1 else {}
        columns = [column.as_json() for column in result.columns]
        rows = result.page(start=start, size=size)
        return {"UpdateCount": 0, "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}, **more}

    def _known(self, data: dict[str, Any]) -> Execution:
        return self._executions.get(data.get("QueryExecutionId") or "", (get_account_id(), get_region()))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        # The emulator's stores know the request's account and region from its context.
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(work))


def _page(data: dict[str, Any], *, largest: int) -> tuple[int, int]:
    token = str(data.get("NextToken") or "0")
    size = data.get("MaxResults") or largest
    if not token.isdigit():
        raise InvalidRequestError(f"NextToken {token} is invalid")
    if not 1 <= size <= largest:
        raise InvalidRequestError(f"MaxResults must be between 1 and {largest}; got {size}")
    return int(token), int(size)


def _result_location(output: str) -> ResultLocation:
    parts = urlsplit(output, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise InvalidRequestError(f"outputLocation is not a valid S3 path: {output}")
    return ResultLocation(parts.netloc, parts.path.lstrip("/"))
