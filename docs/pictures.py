"""Draw the pictures of the guide by the code that its pages show: `make pictures`."""

from __future__ import annotations

import contextlib
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

GUIDE = Path(__file__).resolve().parent / "guide"

_CODE_OR_IMAGE = re.compile(r"^```(\w+)\n(.*?)^```|^!\[[^\]]*\]\((.+?)\)", flags=re.S | re.M)


def code_and_images(page: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield each block of Python of a page, and the pictures that stand between it and the next block."""
    code, images = "", []
    for language, content, image in _CODE_OR_IMAGE.findall(page.read_text()):
        if image:
            images.append((page.parent / image).resolve())
        elif language == "python":
            if code:
                yield code, images
            code, images = content, []
    yield code, images


def draw(page: Path) -> None:
    """Run the Python of a page, and save its figures as the pictures that follow."""
    from matplotlib import pyplot

    namespace: dict[str, object] = {}
    for code, images in code_and_images(page):
        exec(compile(code, str(page), "exec"), namespace)
        figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
        for figure, image in zip(figures, images, strict=True):
            figure.savefig(image, dpi=120)
            print(image)
        pyplot.close("all")


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("Agg")
    warnings.filterwarnings("ignore", "none of")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for path in sorted(GUIDE.glob("*.md")):
            draw(path)
