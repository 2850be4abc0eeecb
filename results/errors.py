"""The one error type of the results package."""


class ResultsError(ValueError):
    """A result cannot be computed, written or trusted; the message says what, where and how to mend it."""
