"""A cluster of five node daemons in a folder of its own, for those who measure it."""

import atexit
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/release"
NODES = {"coord": "coordinator", "shard-0": "shard", "shard-1": "shard",
         "worker-0": "worker", "worker-1": "worker"}
LIMIT_S = 120
BIG_MODEL = "model.hidden=[4608, 4608]"  # 50 MB of parameters a shard


class Cluster:
    """Under `up`, or each node by hand so that nobody starts them again."""

    def __init__(self, folder, by_hand=False):
        self.file = folder / "cluster.toml"
        self.folder = folder
        sections = [f'[[node]]\nname = "{n}"\naddress = "127.0.0.1:0"\nroles = ["{r}"]\n'
                    for n, r in NODES.items()]
        self.file.write_text('[cluster]\nname = "bench"\nstate_dir = "state"\n' + "".join(sections))
        self.log = open(folder / "log", "w")
        self.processes = []
        atexit.register(self.kill)
        for command in [["node", "--name", n] for n in NODES] if by_hand else [["up"]]:
            self.processes.append(self.start(command))
        self.until(all_up)

    def start(self, command):
        return subprocess.Popen([BUILD / "slackline", *command, "--cluster", self.file],
                                stderr=self.log, stdout=self.log)

    def status(self):
        done = subprocess.run([BUILD / "slackline", "status", "--json", "--cluster", self.file],
                              capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def until(self, wanted, pause_s=0.01):
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            status = self.status()
            if status and wanted(status):
                return status
            time.sleep(pause_s)
        sys.exit(f"the cluster did not come to what was waited for; it said:\n{self.last_words()}")

    def last_words(self):
        return "\n".join((self.folder / "log").read_text().splitlines()[-20:])

    def node(self, name):
        return node_of(self.status(), name)

    def train(self, data, name, *more):
        """Follows a run; account() tells how it ended."""
        sets = [f"data.path={data}", f"run.name={name}", f"checkpoint.dir={self.folder}/runs"]
        command = [BUILD / "slackline", "train", ROOT / "examples/mnist_mlp/job.toml", "--json",
                   "--cluster", self.file]
        for s in [*sets, *more]:
            command += ["--set", s]
        heard = self.folder / f"{name}.heard"
        with open(heard, "w") as to:  # a pipe that nobody empties would be full after minutes
            follower = subprocess.Popen(command, stdout=to, stderr=subprocess.STDOUT)
        follower.heard = heard
        return follower

    def stop(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            p.wait(LIMIT_S)

    def kill(self):
        """Nothing stays behind, however a measurement ended."""
        for p in self.processes:
            if p.poll() is None:
                p.kill()


def all_up(status):
    return all(n["state"] == "up" for n in status["nodes"])


def node_of(status, name):
    return next(n for n in status["nodes"] if n["name"] == name)


def run_of(status, name):
    return next((r for r in status["runs"] if r["name"] == name), None)


def in_sync(run):
    return all(c["in_sync"] == c["wanted"] for c in run["copies"])


def account(follower):
    follower.wait(timeout=600)
    lines = follower.heard.read_text().splitlines()
    last = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    if follower.returncode != 0 or last.get("event") != "done":
        sys.exit("a run did not end well:\n" + "\n".join(lines[-20:]))
    return last


def whole_account(follower):
    done = account(follower)
    if done["applied"] != done["items"]:
        sys.exit(f"an item is missing: {done}")
    return done


def leave(follower):
    """The run goes on."""
    follower.kill()
    follower.wait()


def progress_during(cluster, over, name="r", pause_s=0.0):
    """Items a second until over(now, run) says so, and the longest time without one."""
    first = last = since = began = None
    longest = 0.0
    while True:
        status = cluster.status()
        run = run_of(status, name) if status else None
        now = time.monotonic()
        if run and run["applied"] != last:
            if first is None:
                first, began = run["applied"], now
            else:
                longest = max(longest, now - since)
            last, since = run["applied"], now
        if over(now, run) and began is not None and now > began:
            return (last - first) / (now - began), max(longest, now - since)
        time.sleep(pause_s)


def told(what, values, unit=""):
    print(f"{what}: median {statistics.median(values):.2f}{unit} "
          f"({min(values):.2f} to {max(values):.2f})", flush=True)
