"""Addresses of stores, and the passwords in them that nothing may show."""

import urllib.parse


def has_password(uri: str) -> bool:
    """Tell whether the address of an MLflow store holds a password.

    Parameters
    ----------
    uri : str

    Returns
    -------
    bool
    """
    return bool(passwords(uri))


def passwords(uri: str) -> list[str]:
    """Return the passwords in an address: ``//user:password@``, or ``?password=``."""
    user, query = uri.rpartition("@")[0].partition("://")[2], urllib.parse.urlsplit(uri).query
    written = user.partition(":")[2]
    found = [written, urllib.parse.unquote(written), *urllib.parse.parse_qs(query).get("password", [])]
    return [password for password in found if password]


def without_secrets(uri: str) -> str:
    """Return an address without user, password and query."""
    scheme, mark, rest = uri.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0]}"
