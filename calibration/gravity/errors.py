"""The error of this package."""


class GravityError(ValueError):
    """A panel, table or choice that cannot be used as it is."""
