"""The error for a name that a registry does not know."""

import difflib
from collections.abc import Iterable


class UnknownNameError(ValueError):
    """A name was looked up that is not registered.

    Parameters
    ----------
    kind : str
        What was looked up, for example ``"sampler"``.
    name : str
        The unknown name.
    known : iterable of str
        The names that exist, in the order in which to list them.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = list(known)
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        super().__init__(f"unknown {kind} {name!r}; {hint}known: {', '.join(known)}")
