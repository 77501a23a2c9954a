"""Charts of tidy frames: one module per chart, each ``(frame, *, ..., ax=None) -> Axes``."""
