"""Messages that suggest a name."""

import pytest

from autosmote.utils.errors import UnknownNameError, nearest

NAMES = ["policy_search", "autosmote", "SMOTE", "ADASYN"]


@pytest.mark.parametrize(
    "given, meant", [("smote", "SMOTE"), ("AutoSMOTE", "autosmote"), ("SMOT", "SMOTE"), ("forest", None)]
)
def test_the_name_that_was_meant_is_suggested_whatever_its_case(given, meant):
    assert nearest(given, NAMES) == meant
    message = str(UnknownNameError("sampler", given, NAMES))
    hint = "" if meant is None else f"did you mean {meant!r}? "
    assert message == f"unknown sampler {given!r}; {hint}known: policy_search, autosmote, SMOTE, ADASYN"
