"""The flat policy of Section 4.4 on explicit feature vectors, beside `autosmote.search.reference`."""

import torch
from torch import nn
from torch.nn.functional import logsigmoid

from autosmote.search import reference


class FlatPolicy(reference.LowLevelPolicy):
    """The low-level policy with a boolean before it: whether to go to the next instance, the last action."""

    def __init__(self, n_features, hidden):
        super().__init__(n_features, hidden)
        self.next = nn.Linear(hidden, 1)

    def forward(self, state, actions):
        pairs, value = super().forward(state, actions)
        boolean = self.next(self.encoder(state))
        return torch.cat([logsigmoid(-boolean) + pairs, logsigmoid(boolean)]), value


def literal(space, settings, policies):
    """The policies of the fast code, with its weights, as those of the reference."""
    copied = reference.Policies(space, settings)
    if settings.hierarchy == "flat":
        copied.low_level = FlatPolicy(space.state_features.shape[1], settings.hidden)
    copied.load_state_dict(policies.state_dict())
    return copied
