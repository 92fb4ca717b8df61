"""The generative models of Table 2, CTGAN and TVAE, fitted to the minority rows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from autosmote.samplers.spec import ONE_BY_ONE, NotApplicable, Resample, Resampled, SamplerSpec, Training
from autosmote.utils.threads import one_thread

EXTRA = "generative"
"""The extra of this package that installs ctgan."""

CATEGORY = "Generative model"


def _build(model_name: str, training: Training, seed: int, *, epochs: int = 300) -> Resample:
    """Fit a model of ctgan with its default hyper-parameters, and draw the rows of all ratios at once.

    Few rows need no other batch size: batches of 500 are drawn with replacement (CTGAN) or cut short (TVAE).
    """
    try:
        import ctgan
    except ImportError as error:
        raise ImportError(
            f"{model_name} needs the package ctgan: pip install 'autosmote[{EXTRA}]', or take it out "
            "of study.samplers"
        ) from error

    minority = training.X[training.y == 1]
    n_minority, n_majority = len(minority), len(training.y) - len(minority)
    if n_minority >= n_majority:
        raise NotApplicable("there are as many minority as majority rows already")
    columns = [str(column) for column in range(minority.shape[1])]
    discrete = [columns[column] for column in np.flatnonzero(training.onehot)]
    # Enough rows for the largest possible ratio; a smaller ratio takes the first of them.
    with one_thread():
        model = getattr(ctgan, model_name)(epochs=epochs, enable_gpu=False)
        model.set_random_state(seed)
        model.fit(pd.DataFrame(minority, columns=columns), discrete)
        drawn = model.sample(n_majority - n_minority)[columns].to_numpy(dtype=np.float64)

    def resample(ratio: float | None) -> Resampled:
        assert ratio is not None
        n_drawn = int(ratio * n_majority) - n_minority
        if n_drawn < 0:
            raise NotApplicable(f"there are more minority rows than the ratio {ratio} asks for")
        X = np.concatenate([training.X, drawn[:n_drawn]])
        y = np.concatenate([training.y, np.ones(n_drawn, dtype=np.int64)])
        return Resampled(X, y, {"epochs": epochs})

    return resample


_generative = partial(
    SamplerSpec,
    category=CATEGORY,
    takes_ratio=True,
    source="ctgan",
    reference="Xu, Skoularidou, Cuesta-Infante and Veeramachaneni 2019, NeurIPS",
    requires=f"autosmote[{EXTRA}]",
    modules=("ctgan",),
    multiclass=ONE_BY_ONE,
)

SPECS = (
    _generative(name="CTGAN", build=partial(_build, "CTGAN")),
    _generative(name="TVAE", build=partial(_build, "TVAE")),
)
"""The models in the order of Table 2."""
