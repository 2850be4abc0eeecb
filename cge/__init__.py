"""The model: equations, closures, solvers. Knows nothing of files, YAML or plots."""
