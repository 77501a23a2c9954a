"""Whether a machine and a deployed stack can do what a sweep needs, and what to do where they cannot.

:func:`~workbench.runs.health.checkup.examine` is the way in; each check is a small function that returns a finding.
"""
