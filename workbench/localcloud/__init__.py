"""The AWS stack in the laptop: an emulator started as a process of its own, and the deploy onto it.

:mod:`~workbench.localcloud.process` is the way in. It needs the extra ``emulator`` only when a stack is
really started, so importing this package costs nothing.
"""
