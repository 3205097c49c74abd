"""Clients wait at the pace of the engine's clock: a waiter that polls every 30 s does so as often in the engine's time."""

import os
import time

_sleep = time.sleep
_scale = float(os.environ.get("TIME_SCALE", "1"))


def sleep(seconds):
    _sleep(seconds / _scale)


time.sleep = sleep
