"""Composition root: the only package that imports all the others."""
