"""Structural gravity on the bilateral cube: what agreements, tariffs and borders do to trade."""
