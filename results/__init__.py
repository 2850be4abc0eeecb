"""Results of solved scenarios.

* one scenario: ``compare`` makes every table (``indicators``, ``welfare``, ``jobs``, ``adjustment``,
  ``displaced``, ``retraining``, ``compensation`` paid inside the model, ``ledger`` of trade creation and
  diversion, ``dependence`` and ``leverage`` on the ``world_table``, ``cautions``), ``decomposition`` says
  where welfare comes from, ``adoption`` who gains by a standard, ``published`` what studies found;
* before they are rows: ``measures`` over ``arrays``, which ``outcomes`` gives as the plain numbers of a
  sweep's point; ``uncertainty`` is what many points say, ``sensitivity`` what derivatives say;
* several: ``side_by_side`` and its ``figures``, ``files`` and ``screen``;
* whose doing: ``contributions`` (Shapley values), ``shapley_sampling``, ``attribution``, ``coalitions``;
* on disk: ``store`` (result folders), ``netcdf`` (every level), ``workbook`` with its ``_sheets`` and
  ``_book``, ``document`` (JSON), ``markdown``, ``place`` and ``folder_names`` (whole files, names that
  every platform takes), ``dictionary`` of all of it;
* on screen: ``tidy``, ``terminal``, the ``*_screen`` modules; in a notebook ``notebook``;
* for readers: ``report`` (the brief: ``facts``, ``words_*``, templates) and ``figures`` (a drawing with its
  table and its words; ``world_map``).
"""
