"""`python extract_events.py`, ended by SIGKILL at a call: ``<call> <before|after> <which one> <arguments ...>``."""

import os
import signal
import sys
from types import FrameType
from typing import Any

import typer

from extract.extract_events import main

MOMENTS = {"before": ("call", "c_call"), "after": ("return", "c_return")}  # of functions in Python and in C
call, moments, number = sys.argv[1], MOMENTS[sys.argv[2]], int(sys.argv[3])
seen = 0


def watch(frame: FrameType, event: str, function: Any) -> None:
    global seen  # noqa: PLW0603 a profiler has no other place
    name = function.__qualname__ if event.startswith("c_") else frame.f_code.co_qualname
    if event in moments and name == call:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)


sys.argv = [__file__, *sys.argv[4:]]
sys.setprofile(watch)
typer.run(main)
