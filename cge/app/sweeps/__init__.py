"""Sweeps: many points of one scenario on one compiled model, each one accounted for.

From a question to its numbers, and where each step is:

* ``asking`` makes a ``plan`` of what a user wants (``cge.sweep``), ``running`` solves it and gives a line for
  every point; ``writing`` puts it on disk, ``progress`` on the screen;
* before anything is compiled: ``checking`` (values, overlaps, what has no meaning) and ``idle`` (targets
  without effect);
* one point: ``engine`` (a model compiled once) on ``cases`` (made of `cge.app.stages`), an ``outcome``,
  ``answer`` when anything goes wrong; ``single``: one thread;
* before anything is solved: ``checking`` refuses values that no point can have, ``idle`` names targets that
  move nothing (``effects`` compares two cases);
* elsewhere: ``cluster`` (processes, a scheduler, a batch system), ``parcel`` (what a worker gets),
  ``workers`` (what runs there), ``dispatch`` (who solves what, and who died);
* nothing lost: ``keys`` name a point by what decides it, ``store`` with its ``_files``, ``_index``,
  ``_listing``, ``_notes`` and ``point_files``; ``keeping`` between a running sweep and its store.
"""
