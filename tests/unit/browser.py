"""A headless Chromium, steered through its debugging pipe."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from started import stop

EXECUTABLE = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    ),
    None,
)
"""Path of the browser, None where there is none."""

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1800,1200 --remote-debugging-pipe"
).split()


class Browser:
    """One page of a headless Chromium; a context manager.

    `profile` is the folder for its user data.
    """

    def __init__(self, profile: Path) -> None:
        assert EXECUTABLE is not None
        # Chromium reads commands from its descriptor 3 and answers on 4.
        low_in, self._commands = os.pipe()
        self._answers, low_out = os.pipe()
        theirs = [fcntl.fcntl(low, fcntl.F_DUPFD, 10) for low in (low_in, low_out)]  # neither is 3 or 4
        shell = f'exec "$@" 3<&{theirs[0]} 4>&{theirs[1]}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "-", EXECUTABLE, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (low_in, low_out, *theirs):
            os.close(descriptor)
        self._unread = b""
        self._number = 0
        self._session: str | None = None
        try:
            (page, *_) = [
                target
                for target in self._call("Target.getTargets")["targetInfos"]
                if target["type"] == "page"
            ]
            attached = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        except BaseException:
            stop(self._process)
            raise
        self._session = attached["sessionId"]

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._commands)
        os.close(self._answers)
        stop(self._process)

    def open(self, url: str) -> None:
        """Go to an address."""
        # A change behind the # alone would not load the page again.
        self._call("Page.navigate", url="about:blank")
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression on the page."""
        result = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 120) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            assert time.monotonic() < end, f"not within {seconds} s: {condition}\n{self.text()}"
            time.sleep(0.2)

    def text(self) -> str:
        """Return the visible text of the page."""
        return str(self.evaluate("document.body?.innerText"))

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the window."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._unread:
                part = os.read(self._answers, 1 << 16)
                assert part, "the browser has ended"
                self._unread += part
            answer, _, self._unread = self._unread.partition(b"\0")
            found = json.loads(answer)
            if found.get("id") == self._number:
                assert "error" not in found, found
                return dict(found["result"])
