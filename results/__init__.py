"""Results: indicators, adjustment, comparison, tables, files."""
