"""Scenario files: schema, reader, application, library.

From a file to arrays, and where each step is:

* text to content: ``yaml_lines``, ``placeholders``, ``package_files`` and ``packages`` (reusable pieces),
  ``variants``; ``reader`` ties them together, ``validation`` and ``problems`` say what is wrong;
* what may be written: ``schema``, with one ``*_schema`` module an instrument, ``units``, ``fields``,
  ``verbs``, ``tariff_verbs``, ``aim_rules``; ``editor_schema`` for editors;
* names to cells: ``groups``, ``aim``, ``carve_outs`` and ``product_table``, ``customs_union``; ``plan`` and
  ``treaty_plan`` make the list of entries, ``repeats`` finds what is written twice;
* entries that change the state: ``agreement_items``, ``join_item``, ``schedules``, ``staging``, ``opening``,
  ``retaliation``, ``access``, ``domestic``;
* measures that follow from the result: ``retraining``, ``compensation`` (in ``whole_regions`` of the model);
* the state: ``start``, ``state``, ``preferences`` (which terms a flow takes), ``removed``, ``provisions``,
  ``holders``, ``mfn``; ``apply`` runs the plan, ``policy`` is what comes out, ``memory`` is what several
  scenarios share;
* many cases of one scenario: ``varying`` changes what a target names (``target_names``), ``sweeping`` makes a
  design of what is asked (``sweep_schema``, ``sweep_checks``), ``closure_assumptions`` are closures' numbers;
* reading a policy: ``changes``, ``differences`` and ``naming`` in words, ``acts`` by government.

Folders: ``library`` with its stored results, ``packages``, ``agreements``, ``baseline``, ``templates``, and
``tables`` of assumptions.
"""
