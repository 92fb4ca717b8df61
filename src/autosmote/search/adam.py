"""Adam, without PyTorch's compiler.

`torch.optim.Adam` does the same, but imports the compiler when the first optimiser is made: about 2.5 seconds
of a core, in each of hundreds of searches that compile nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor


class Adam:
    """Adam with the default moments of its authors (Kingma and Ba, 2015, Algorithm 1).

    Parameters
    ----------
    parameters : iterable of Tensor
    learning_rate : float
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self._steps = 0
        self._means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in self.parameters]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move each parameter that has a gradient."""
        self._steps += 1
        correction_1 = 1 - self.BETA_1**self._steps
        correction_2 = 1 - self.BETA_2**self._steps
        for parameter, mean, square in zip(self.parameters, self._means, self._squares, strict=True):
            if parameter.grad is None:
                continue
            mean.lerp_(parameter.grad, 1 - self.BETA_1)
            square.mul_(self.BETA_2).addcmul_(parameter.grad, parameter.grad, value=1 - self.BETA_2)
            denominator = (square / correction_2).sqrt_().add_(self.EPSILON)
            parameter.addcdiv_(mean, denominator, value=-self.learning_rate / correction_1)

    def state_dict(self) -> dict[str, Any]:
        """The moments, as tensors and plain values."""
        return {"steps": self._steps, "means": self._means, "squares": self._squares}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Parameters
        ----------
        state : mapping
        """
        self._steps = state["steps"]
        for own, saved in zip(self._means + self._squares, state["means"] + state["squares"], strict=True):
            own.copy_(saved)
