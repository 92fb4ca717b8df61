"""Real runs of Snakemake, each in a folder of its own."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from started import started

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "config" / "smoke.yaml"
NO_NETWORK = {
    name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
}

# What the environment of a run may hold and its files must not.
SECRETS = {
    "MLFLOW_TRACKING_PASSWORD": "the-tracking-password",
    "OPENML_APIKEY": "the-openml-apikey",
    "PGPASSWORD": "the-database-password",
    "SOME_OTHER_TOKEN": "the-other-token",
}


@dataclass(frozen=True)
class Run:
    """What a run of Snakemake said."""

    code: int
    output: str

    @property
    def jobs(self) -> dict[str, int]:
        """Jobs by rule that a dry run announces, without the aggregates' total."""
        if "Nothing to be done" in self.output:
            return {}
        table = self.output.split("Job stats:")[1].split("total")[0]
        return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


def snakemake(
    folder: Path,
    *arguments: str,
    config: dict | None = None,
    base: Path | None = SMOKE,
    snakefile: Path = ROOT / "Snakefile",
    timeout: float = 280,
    **environment: str,
) -> Run:
    """Run Snakemake in a folder, with a configuration on top of `base`."""
    files = [base] if base else []
    if config is not None:
        files.append(folder / "overlay.yaml")
        files[-1].write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", *arguments, "--snakefile", snakefile]
    command += ["--directory", folder, "--cores", "2"]
    command += ["--configfile", *files] if files else []
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with started(command, cwd=folder, env=os.environ | environment, **pipes) as process:
        output, _ = process.communicate(timeout=timeout)
        return Run(process.returncode, output)
