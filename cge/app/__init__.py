"""Composition root: the only package that imports all the others.

``api`` is what a notebook uses; ``case`` makes a scenario ready to solve, ``family`` many on one model,
``compensating`` finds the levy that pays the displaced; ``comparing``, ``attributing`` and ``game`` solve
what side-by-side tables and attribution need, ``depending`` and ``stops`` who rests on whom and what a stop
costs; ``run_store`` keeps results; ``stages`` are what every case is made of; ``sweeps`` solves many
points of a scenario, ``sensitivity`` (with ``slopes`` and ``shock_account``) says what a result hangs on;
``benching`` times it all; ``explaining`` and ``telling_apart`` put policies into words, ``account``
says what a result rests on; ``output`` writes by the ending of ``-o``, ``reporting`` the brief, ``showing``
and ``progress`` are the screen; ``cli*`` are the commands.
"""

import time

STARTED = time.perf_counter()
"""When this process began to load the application, for `cge bench`."""
