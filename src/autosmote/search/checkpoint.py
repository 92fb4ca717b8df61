"""Checkpoints, from which a killed search continues."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

from autosmote.utils.storage import CorruptFileError, atomic_path


class Checkpoint:
    """A file with the state of a search at the end of a round.

    A search that continues from it ends with the same result as one that was never interrupted. The file is
    PyTorch's, which is loaded when one is read or written.

    Parameters
    ----------
    path : Path
        The file, which each write replaces as a whole. It grows with the number of features, with the best
        synthetic rows (8 bytes each), and with the history (some hundred bytes per iteration).
    key : str
        What the search depends on. A file with another key belongs to another search and is not used.
    every : float, default 30.0
        Least number of seconds between two writes.
    """

    def __init__(self, path: Path, key: str, every: float = 30.0) -> None:
        self.path = path
        self.key = key
        self.every = every
        self._written = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Read the state.

        Returns
        -------
        dict or None
            What was saved; None if there is no file, or only one of another search.

        Raises
        ------
        CorruptFileError
            If the file is damaged.
        """
        import torch

        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            # weights_only: tensors and plain values, never code.
            saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            key, state = saved["key"], saved["state"]
        except Exception as error:
            raise CorruptFileError(
                f"cannot read the checkpoint {self.path}: the file is damaged or of another format; "
                "delete it to start the search anew"
            ) from error
        return state if key == self.key else None

    def due(self) -> bool:
        """Whether enough time has passed since the last write."""
        return time.monotonic() - self._written >= self.every

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file.

        Parameters
        ----------
        state : dict
            Tensors and plain values.
        """
        import torch

        content = io.BytesIO()
        torch.save({"key": self.key, "state": state}, content)
        with atomic_path(self.path) as path:
            path.write_bytes(content.getbuffer())
        self._written = time.monotonic()
