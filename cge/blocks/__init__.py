"""Blocks of equations: production, trade, demand, factors, income."""
