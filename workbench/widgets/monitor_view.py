"""The widgets of a monitor, and how a state is shown in them; what a click does is not known here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from workbench.widgets.monitor_parts import failures_table
from workbench.widgets.style import error_text, hint_text, stylesheet

if TYPE_CHECKING:
    from workbench.widgets.monitor_state import MonitorState

__all__ = ["MonitorView"]

_BAR: Final = {"SUCCEEDED": "success", "FAILED": "warning", "ABORTED": "danger"}
_INCLUDES: Final = (
    ("rows that infrastructure failed", "infra"),
    ("all failed rows, the experiment's own errors too", "all"),
)


class MonitorView:
    """The widgets, which are `box` together."""

    def __init__(self) -> None:
        self.run_id = ipywidgets.Text(
            description="Run id", placeholder="<experiment>-<...>", continuous_update=False, layout={"width": "30em"}
        )
        self.attach = _button("Attach", "Watch the run with this id instead", "eye")
        self.include = ipywidgets.Dropdown(
            options=_INCLUDES, value="infra", description="Evaluate", layout={"width": "30em"}
        )
        self.resume = _button("Resume", "", "play")
        self.cancel = _button("Cancel", "", "stop")
        self.confirm = _button("Cancel the run: yes", "Rows in progress are given up, finished ones are kept", "stop")
        self.confirm.button_style = "danger"
        self.keep = _button("Keep it running", "Do not cancel", "")
        self._fault, self._status, self._notes, self._trouble = (ipywidgets.HTML() for _ in range(4))
        self._hints, self._shards, self._failures = (ipywidgets.HTML() for _ in range(3))
        self._bar = ipywidgets.IntProgress(min=0, max=1, description="Shards", layout={"width": "30em"})
        # Hidden until there is one: browsers show an empty picture as a broken one.
        self._chart = ipywidgets.Image(format="png", layout={"display": "none"})
        self._question = ipywidgets.HBox([self.confirm, self.keep])
        self._name()
        self.box = ipywidgets.VBox(
            [
                stylesheet(),
                _row(self.run_id, self.attach),
                self._fault,
                _row(self._bar, self._status),
                self._trouble,
                self._notes,
                _row(self.include, self.resume, self.cancel),
                self._question,
                self._hints,
                self._shards,
                self._failures,
                self._chart,
            ]
        )
        self.box.add_class("wb").add_class("wb-monitor")

    def show(self, state: MonitorState) -> None:
        """Show a state; what has not changed does not travel."""
        status = state.status
        self._status.value = f'<span role="status">{escape(state.headline)}</span>'
        self._bar.max = status.shards.expected if status else 1
        self._bar.value = status.shards.ended if status else 0
        self._bar.bar_style = _BAR.get(status.state, "") if status else ""
        self._fault.value = error_text(state.run_id_fault)
        self._trouble.value = error_text(state.trouble)
        self._notes.value = "".join(map(hint_text, state.notes))
        self._failures.value = failures_table(state.failures)
        self._show_buttons(state)

    def show_shards(self, html: str) -> None:
        """Show the map of the shards."""
        self._shards.value = html

    def show_chart(self, picture: bytes | None) -> None:
        """Show a chart; None for none."""
        if picture is None:
            self._chart.layout.display = "none"
        elif picture != self._chart.value:
            self._chart.value = picture
            self._chart.layout.display = None

    @property
    def text(self) -> dict[str, str]:
        """What stands in the texts, by the last word of their class; for those who look without a browser."""
        return {
            "status": self._status.value,
            "fault": self._fault.value,
            "trouble": self._trouble.value,
            "notes": self._notes.value,
            "failures": self._failures.value,
            "shards": self._shards.value,
            "hints": self._hints.value,
        }

    @property
    def picture(self) -> bytes:
        """The chart that is shown; empty where there is none."""
        return b"" if self._chart.layout.display == "none" else bytes(self._chart.value)

    def close(self) -> None:
        """Take every widget from the page."""
        for row in self.box.children:
            for child in getattr(row, "children", ()):
                child.close()
            row.close()
        self.box.close()

    def _show_buttons(self, state: MonitorState) -> None:
        cancel, resume = state.cancel, state.resume
        self.cancel.disabled, self.resume.disabled = not cancel.enabled, not resume.enabled
        self.cancel.tooltip = cancel.reason or "Stop the run; you are asked once more"
        self.resume.tooltip = resume.reason or "Evaluate again what is not good"
        self.include.disabled = not resume.enabled
        self.attach.disabled = self.run_id.disabled = state.closed
        self._question.layout.display = None if state.asked_to_cancel else "none"
        reasons = {"Cancel": cancel.reason, "Resume": resume.reason}
        if cancel.reason == resume.reason:
            reasons = {"Cancel, Resume": cancel.reason}
        self._hints.value = hint_text(". ".join(f"{name}: {why}" for name, why in reasons.items() if why))

    def _name(self) -> None:
        """Give the widgets the classes that stylesheets and tests know them by."""
        for name, widget in {
            "run-id": self.run_id,
            "attach": self.attach,
            "include": self.include,
            "resume": self.resume,
            "cancel": self.cancel,
            "confirm": self.confirm,
            "keep": self.keep,
            "progress": self._bar,
            "status": self._status,
            "run-id-error": self._fault,
            "error": self._trouble,
            "notes": self._notes,
            "hints": self._hints,
            "shards": self._shards,
            "failures": self._failures,
            "chart": self._chart,
            "question": self._question,
        }.items():
            widget.add_class(f"wb-monitor-{name}")
        for labelled in (self.run_id, self.include, self._bar):
            labelled.add_class("wb-label")


def _button(text: str, tooltip: str, icon: str) -> Any:
    return ipywidgets.Button(description=text, tooltip=tooltip, icon=icon, layout={"width": "auto"})


def _row(*widgets: Any) -> Any:
    return ipywidgets.HBox(widgets).add_class("wb-row")
