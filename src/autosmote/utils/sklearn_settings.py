"""Work with scikit-learn that does not depend on what its user has set for all of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import sklearn


@contextmanager
def own_settings() -> Iterator[None]:
    """Set aside the caller's `sklearn.set_config`, as far as it changes results; also a decorator.

    Transformers return arrays, and distances are computed in the same way and order. A classifier of the
    caller's does not belong inside: it runs as the caller has set.
    """
    with sklearn.config_context(
        transform_output="default",
        enable_cython_pairwise_dist=True,
        pairwise_dist_chunk_size=256,
        working_memory=1024,
    ):
        yield
