"""Composition root: the only package that imports all the others.

``api`` is what a notebook uses; ``case`` makes a scenario ready to solve, ``family`` many on one model,
``comparing``, ``attributing`` and ``game`` solve what side-by-side tables and attribution need, ``run_store``
keeps results; ``explaining`` and ``telling_apart`` put policies into words; ``cli*`` are the commands.
"""

import time

STARTED = time.perf_counter()
"""When this process began to load the application, for `cge bench`."""
