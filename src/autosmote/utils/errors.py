"""Errors that say what to do, such as an unknown name, or a package that is not installed."""

import difflib
from collections.abc import Iterable
from importlib.util import find_spec

RL_EXTRA = "autosmote[rl]"
"""What to install for the paper's search, as pip names it."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant; one that differs in case alone comes first.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str

    Returns
    -------
    str or None
        None if no known name is similar.
    """
    known = list(known)
    same = [each for each in known if each.lower() == str(name).lower()]
    return next(iter(same or difflib.get_close_matches(str(name), known, n=1)), None)


class UserError(Exception):
    """A mistake that the user can mend: its message says all, and where it was met is of no interest."""


class UnknownNameError(UserError, ValueError):
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
        close = nearest(name, known)
        hint = "" if close is None else f"did you mean {close!r}? "
        super().__init__(f"unknown {kind} {name!r}; {hint}known: {', '.join(known)}")


class MissingExtraError(UserError, ImportError):
    """Something was asked for that needs packages which a plain installation leaves out.

    Parameters
    ----------
    what : str
        What was asked for.
    package : str
        What it needs.
    extra : str
        What to install, as pip names it.
    """

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: pip install '{extra}'")


def require_torch(what: str) -> None:
    """Check that PyTorch is installed, without loading it.

    Parameters
    ----------
    what : str
        What needs it.

    Raises
    ------
    MissingExtraError
        If it is not; the message names the extra.
    """
    if find_spec("torch") is None:
        raise MissingExtraError(what, "PyTorch", RL_EXTRA)
