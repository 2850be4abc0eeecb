"""Composition root: the only package that imports all the others."""

import time

STARTED = time.perf_counter()
"""When this process began to load the application, for `cge bench`."""
