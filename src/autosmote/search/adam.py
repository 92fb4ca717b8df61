"""Adam, without PyTorch's compiler.

`torch.optim.Adam` does the same, but creating the first optimiser imports the compiler. That takes about 2.5
seconds of a core, in each of hundreds of searches that compile nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor


class Adam:
    """Adam with the default moments of its authors (Kingma and Ba, 2015, Algorithm 1).

    The parameters and their gradients become views of one vector each, so that a step costs a few operations
    whatever their number.

    Parameters
    ----------
    parameters : iterable of Tensor
        Of one type, on one device.
    learning_rate : float

    Attributes
    ----------
    gradient : Tensor, shape (n_numbers,)
        The gradients of all parameters, one after the other, summed since `zero_grad`.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float) -> None:
        parameters = list(parameters)
        self.learning_rate = learning_rate
        self._steps = 0
        with torch.no_grad():
            self._values = torch.cat([parameter.flatten() for parameter in parameters])
        self.gradient = torch.zeros_like(self._values)
        self._mean = torch.zeros_like(self._values)
        self._square = torch.zeros_like(self._values)
        sizes = [parameter.numel() for parameter in parameters]
        for parameter, values in zip(parameters, self._values.split(sizes), strict=True):
            parameter.data = values.view_as(parameter)
        self._parameters = list(zip(parameters, self.gradient.split(sizes), strict=True))
        self.zero_grad()

    def zero_grad(self) -> None:
        """Set the gradients to zero."""
        self.gradient.zero_()
        for parameter, gradient in self._parameters:
            parameter.grad = gradient.view_as(parameter)

    @torch.no_grad()
    def step(self) -> None:
        """Take a step with the present gradients."""
        self._steps += 1
        correction_1 = 1 - self.BETA_1**self._steps
        correction_2 = 1 - self.BETA_2**self._steps
        self._mean.lerp_(self.gradient, 1 - self.BETA_1)
        self._square.mul_(self.BETA_2).addcmul_(self.gradient, self.gradient, value=1 - self.BETA_2)
        denominator = (self._square / correction_2).sqrt_().add_(self.EPSILON)
        self._values.addcdiv_(self._mean, denominator, value=-self.learning_rate / correction_1)

    def state_dict(self) -> dict[str, Any]:
        """The moments, as tensors and plain values."""
        return {"steps": self._steps, "mean": self._mean, "square": self._square}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned.

        Parameters
        ----------
        state : mapping
        """
        self._steps = state["steps"]
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
