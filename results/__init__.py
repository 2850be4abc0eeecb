"""Results of solved scenarios.

* one scenario: ``compare`` makes every table (``indicators``, ``welfare``, ``jobs``, ``adjustment``,
  ``retraining``, ``ledger`` of trade creation and diversion, ``dependence``, ``cautions``), ``decomposition``
  says where welfare comes from, ``adoption`` who gains by a standard, ``published`` what studies found;
* several: ``side_by_side`` and its ``figures``, ``files`` and ``screen``;
* whose doing: ``contributions`` (Shapley values), ``shapley_sampling``, ``attribution``, ``coalitions``;
* on disk and on screen: ``store``, ``tidy``, the ``*_screen`` modules.
"""
