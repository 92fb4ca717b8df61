"""The manual: its code runs and prints what it says, its pages build without a warning."""

import contextlib
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from autosmote.cli.commands import main

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page):
    """Language and content of the fenced blocks of a page."""
    return re.findall(r"^```(\w+)\n(.*?)^```", (DOCS / page).read_text(), flags=re.S | re.M)


def pictures():
    """The script that draws the pictures."""
    spec = importlib.util.spec_from_file_location("pictures", DOCS / "pictures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["guide/tutorial.md", "guide/when.md"])
@pytest.mark.filterwarnings("ignore:none of")
def test_the_code_of_a_page_runs_and_prints_what_it_says(page, tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.close("all")  # Other tests leave figures open, and here those of the page are counted.
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    printed = ""
    shown = [images for _, images in pictures().code_and_images(DOCS / page)]
    for language, content in blocks(page):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(content, page, "exec"), namespace)
            printed = stream.getvalue()
            assert printed or "print" not in content
            images = shown.pop(0)
            assert len(images) == len(pyplot.get_fignums()) and all(image.is_file() for image in images)
            pyplot.close("all")
        elif language == "bash":
            command, *arguments = shlex.split(content.replace("\\\n", " "))
            assert command == "autosmote"
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 0, result.output
        elif language == "text":  # What differs between machines stands in blocks of the language "none".
            assert printed == content


def test_the_commands_of_the_manual_exist():
    for page in ("guide/command_line.md", "index.md"):
        for language, content in blocks(page):
            if language == "bash":
                command, name, *arguments = shlex.split(content)
                assert command == "autosmote"
                options = {option for p in main.commands[name].params for option in p.opts}
                assert {argument for argument in arguments if argument.startswith("--")} <= options


@pytest.mark.slow
def test_the_manual_builds_without_a_warning(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html", DOCS, tmp_path],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "guide" / "api.html").read_text()
    assert "autosmote.AutoSMOTE" in page and "fit_resample" in page
