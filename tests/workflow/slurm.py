"""A Slurm of one node on the loopback interface, whose GPU is not there, run by whoever runs the tests."""

import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

INSTALL = "apt-get install --no-install-recommends slurm-wlm slurmctld slurmd slurm-client munge"
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scontrol")

CONFIGURATION = """
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
MinJobAge=3600
KillWait=5
GresTypes=gpu
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=debug Nodes=localhost Default=YES MaxTime=01:00:00 State=UP
"""


@dataclass(frozen=True)
class SlurmJob:
    """What Slurm says about a job that has started; times in seconds since the epoch."""

    rule: str
    state: str
    start: float
    end: float
    cpus: int
    gpu: bool
    memory: str
    minutes: int


class OneNodeSlurm:
    """Daemons in a folder of their own; `close` ends them.

    Parameters
    ----------
    folder : Path
        An existing, empty folder with a short name: a socket in it must not exceed 107 characters.
    cpus, memory : int
        What the node claims to have, memory in megabytes.
    """

    def __init__(self, folder: Path, cpus: int = 8, memory: int = 16000) -> None:
        self.folder = folder
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": os.pathsep.join([str(folder / "bin"), os.environ["PATH"], "/usr/sbin", "/sbin"]),
        }
        self._daemons: list[subprocess.Popen[bytes]] = []
        for name in ("state", "spool", "bin"):
            (folder / name).mkdir()
        # The executor plugin drops SLURM_CONF from the environment of the srun that it calls in a job.
        srun = folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
        srun.chmod(0o755)
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        controller_port, node_port = _free_ports(2)
        (folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                user=subprocess.check_output(["id", "-un"], text=True).strip(),
                controller_port=controller_port,
                node_port=node_port,
                cpus=cpus,
                memory=memory,
            )
        )
        (folder / "gres.conf").write_text("NodeName=localhost Name=gpu Count=1 File=/dev/null\n")

    def start(self) -> None:
        """Start the daemons and wait until the node is idle."""
        munge = ["munged", "--foreground", "--force"]
        munge += [
            f"--{option}={self.folder / name}"
            for option, name in [
                ("socket", "munge.socket"),
                ("key-file", "munge.key"),
                ("pid-file", "munged.pid"),
                ("log-file", "munged.log"),
                ("seed-file", "munged.seed"),
            ]
        ]
        self._spawn(munge)
        self._spawn(["slurmctld", "-D", "-f", str(self.folder / "slurm.conf")])
        self._spawn(["slurmd", "-D", "-N", "localhost", "-f", str(self.folder / "slurm.conf")])
        deadline = time.monotonic() + 60
        while (state := self.run("sinfo", "--noheader", "--format=%T").strip()) != "idle":
            dead = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
            if dead or time.monotonic() > deadline:
                logs = "\n".join(log.read_text() for log in self.folder.glob("*.log"))
                raise RuntimeError(f"Slurm does not start (node: {state!r}, ended: {dead}):\n{logs}")
            time.sleep(0.5)

    def run(self, *command: str) -> str:
        """Output of one of Slurm's commands; empty where it fails."""
        done = subprocess.run(command, env=os.environ | self.environment, capture_output=True, text=True)
        return done.stdout

    def jobs(self) -> list[SlurmJob]:
        """All jobs since the start, in the order in which they started."""
        jobs = []
        for line in self.run("scontrol", "show", "job", "--oneliner").splitlines():
            field = dict(re.findall(r"(\w+)=(\S*)", line))
            if field.get("StartTime", "Unknown") == "Unknown":  # or there is no job at all
                continue
            hours, minutes, _ = map(int, field["TimeLimit"].split(":"))
            comment = re.match(r"rule_([a-z0-9_]+?)(_wildcards|$)", field["Comment"])
            assert comment, line
            jobs.append(
                SlurmJob(
                    rule=comment[1],
                    state=field["JobState"],
                    start=_seconds(field["StartTime"]),
                    end=_seconds(field["EndTime"]),
                    cpus=int(field["NumCPUs"]),
                    gpu="gpu" in field.get("TresPerJob", ""),
                    memory=field["MinMemoryNode"],
                    minutes=60 * hours + minutes,
                )
            )
        return sorted(jobs, key=lambda job: job.start)

    def close(self) -> None:
        """End the jobs and the daemons."""
        self.run("scancel", "--user", str(os.getuid()))
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _spawn(self, command: list[str]) -> None:
        log = self.folder / f"{command[0]}.out.log"
        with log.open("wb") as file:
            self._daemons.append(
                subprocess.Popen(
                    command,
                    env=os.environ | self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                )
            )


def missing_commands() -> list[str]:
    """Those of Slurm's commands that are not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [name for name in COMMANDS if shutil.which(name, path=path) is None]


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _seconds(moment: str) -> float:
    return time.mktime(time.strptime(moment, "%Y-%m-%dT%H:%M:%S"))
