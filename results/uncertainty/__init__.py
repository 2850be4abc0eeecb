"""What a sweep says of its results: how far they move, how sure their sign is, what they hang on.

``analyse`` takes the numbers of all points and gives an ``Uncertainty``, which everything else takes:

* ``inputs``: the numbers checked and put in an order of their own; ``moments``: weighted statistics;
* ``summary``, ``band_table``, ``effects`` (with ``regression``), ``spread``: the tables; ``centring``: why a
  mean is not the central result; ``words``: what they mean;
* ``screen``, ``view`` (notebook), ``document``: to look at; ``files`` with ``sheets``: on disk.

Points that failed have no numbers: they are counted everywhere and never filled in.
"""

from results.uncertainty.analysis import Uncertainty, analyse

__all__ = ["Uncertainty", "analyse"]
