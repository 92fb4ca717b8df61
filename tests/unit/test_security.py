"""What the code never does with files of others, and what the documented commands never open to others."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    *(path for folder in ("src", "workflow", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))),
    *sorted((ROOT / "rules").glob("*.smk")),
    ROOT / "Snakefile",
]

#: Functions that run code which their input holds, and the argument that keeps them from it, if there is one.
DANGEROUS = {
    **dict.fromkeys(["eval", "exec", "os.system", "marshal.load", "marshal.loads", "shelve.open"]),
    **{
        f"{module}.{name}": None
        for module in ("pickle", "cloudpickle", "dill", "joblib")
        for name in ("load", "loads", "Unpickler")
    },
    **dict.fromkeys(["pandas.read_pickle", "yaml.load", "yaml.full_load", "yaml.unsafe_load"]),
    "numpy.load": "allow_pickle=False",
    "torch.load": "weights_only=True",
}
#: What passes between a process and its own children, through pipes.
BETWEEN_OWN_PROCESSES = {
    "jobs.py": {"pickle.load(process.stdout)", "pickle.load(sys.stdin.buffer)"},
    "isolation.py": {"pickle.loads(message)", "pickle.loads(pickle.dumps(error))"},
}


def dangerous_calls(source: str) -> Iterator[str]:
    """The calls of dangerous functions, as they are written."""
    tree = ast.parse(source)
    full = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        first, dot, rest = ast.unparse(node.func).partition(".")
        name = f"{full.get(first, first)}{dot}{rest}"
        if name in DANGEROUS:
            safe = DANGEROUS[name]
            arguments = {ast.unparse(keyword) for keyword in node.keywords}
            if safe is None or safe not in arguments:
                yield ast.unparse(node)


def python_of(path: Path) -> str:
    """A file's Python; of one with rules, what stands outside of them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    # A rule may stand in a loop, and a directive under a condition.
    workflow = re.compile(
        r"(rule \w+|include|configfile|wildcard_constraints|onerror)\s*:|for (product|batch, pairs) in "
        r"|if \"gpu\" in "
    )
    return "".join(block for block in blocks if not workflow.match(block))


def test_no_file_is_unpickled_or_executed() -> None:
    assert len(CODE) > 50
    for path in CODE:
        allowed = BETWEEN_OWN_PROCESSES.get(path.name, set())
        found = set(dangerous_calls(python_of(path)))
        assert found <= allowed, f"{path.relative_to(ROOT)}: {found - allowed}"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle as p\np.load(file)",
        "from pickle import loads as read\nread(data)",
        "import numpy as np\nnp.load(path)",
        "import numpy\nnumpy.load(path, allow_pickle=True)",
        "import torch\ntorch.load(path, weights_only=False)",
        "import yaml\nyaml.load(text, Loader=yaml.Loader)",
        "import pandas as pd\nif path:\n    frame = pd.read_pickle(path)",
        "eval(text)",
    ],
)
def test_the_search_for_such_calls_finds_them(line: str) -> None:
    assert len(list(dangerous_calls(line))) == 1


def test_the_search_for_such_calls_lets_safe_ones_pass() -> None:
    safe = (
        "import numpy as np, torch, yaml\nnp.load(a, allow_pickle=False)\ntorch.load(b, weights_only=True)\n"
    )
    assert list(dangerous_calls(safe + "yaml.safe_load(c)\nmodel.eval()\n")) == []


def test_documented_servers_listen_on_the_loopback_interface() -> None:
    texts = [ROOT / "README.md", ROOT / "Makefile", *ROOT.glob("docs/**/*.md")]
    texts += [path for path in (ROOT / "config").rglob("*") if path.suffix in (".md", ".py", ".yaml")]
    texts += [*ROOT.glob("profiles/*/*"), *ROOT.glob("benchmarks/*.py"), *ROOT.glob("src/**/*.py")]
    commands = 0
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert "0.0.0.0" not in text, path
        for line in text.splitlines():
            if re.search(r"\bmlflow (ui|server) ", line):
                commands += 1
                assert re.search(r"--host[ =]|-h ", line) is None or "--host 127.0.0.1" in line, path
    assert commands >= 2


def test_mlflow_listens_on_the_loopback_interface_unless_told_otherwise() -> None:
    cli = pytest.importorskip("mlflow.cli", reason="needs the study extra")
    (host,) = (option for option in cli.server.params if option.name == "host")
    assert host.default == "127.0.0.1"
