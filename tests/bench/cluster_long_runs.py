"""What shows after a while only: memory, the cost of checkpoints, and what kills do to a model."""

import math
import os
import random
import signal
import statistics
import sys
import time

from cluster_under_bench import (BIG_MODEL, Cluster, account, all_up, in_sync, leave,
                                 node_of, progress_during, run_of, told, whole_account)

SHARD_NODES = ("shard-0", "shard-1")

# ---- soak

# What a shard of P bytes of parameters may hold beyond two versions of them and the optimizer's
# state, by the job's preset (window 2, one gradient an update): versions that pulls refer to, up to
# shard_settings::parameter_buffers; slices that landed, up to slices_max a worker; a frame that
# arrives, one a worker's connection; and what the receive pool keeps idle, up to 256 MiB a node.
# What a window lets be used at once is less: each open item has a pull's version or a slice, and
# neither pool gives back what it had to have once.
WORKERS, WINDOW, UPDATE = 2, 2, 1
PARAMETER_BUFFERS = WORKERS * (WINDOW + 2) + 6    # actors/embedded_run.cpp: shard_child
SLICES_MAX = WORKERS * (2 * WINDOW + UPDATE + 4)  # the same: unapplied_max
IDLE_BYTES_MAX = 256 << 20                        # cluster/link/mesh.cpp
ADAM_SLOTS = 2


def buffers_configured(parameters):
    return (PARAMETER_BUFFERS - 2 + SLICES_MAX + WORKERS) * parameters + IDLE_BYTES_MAX


def buffers_of_windows(parameters):
    return (2 * WORKERS * WINDOW + WORKERS) * parameters


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {key: 1024 * int(fields[key].split()[0]) for key in ("VmRSS", "VmHWM", "RssAnon")}


def sampled(cluster, pids, seconds, every_s):
    """Once a second: of each process whether a checkpoint was being written, and its memory."""
    seen = {name: [] for name in pids}
    end, ages = time.monotonic() + seconds, []
    while time.monotonic() < end:
        last = run_of(cluster.until(lambda s: run_of(s, "r")), "r")
        ages.append(last["checkpoint_age_s"])
        for name, pid in pids.items():
            seen[name].append(memory(pid))
        time.sleep(1)
    # The next is begun when the last is so old, perhaps just after that was asked.
    writing = [max(pair) >= every_s for pair in zip(ages, [*ages[1:], every_s])]
    samples = {name: list(zip(writing, all_of)) for name, all_of in seen.items()}
    return samples, sum(b < a for a, b in zip(ages, ages[1:])), last


def of_part(samples, begin, end, key="VmRSS"):
    """The median from one part of the time to another."""
    n = len(samples)
    chosen = samples[int(begin * n):max(int(end * n), int(begin * n) + 1)]
    quiet = [m[key] for writing, m in chosen if not writing]
    return statistics.median(quiet or [m[key] for _, m in chosen])


def tell_memory(name, before, state, samples):
    parameters = state // (1 + ADAM_SLOTS)
    quiet = max((m["VmRSS"] for writing, m in samples if not writing), default=math.nan)
    last = samples[-1][1]
    print(f"{name}, MB: parameters {parameters / 1e6:.1f}, with the optimizer's state "
          f"{state / 1e6:.1f}; resident before the run {before / 1e6:.1f}, then "
          f"{of_part(samples, 0.1, 0.2) / 1e6:.0f} at a tenth of the time, "
          f"{of_part(samples, 0.9, 1) / 1e6:.0f} at its end (anonymous "
          f"{of_part(samples, 0.9, 1, 'RssAnon') / 1e6:.0f}); at most {quiet / 1e6:.0f} while no "
          f"checkpoint was written, {last['VmHWM'] / 1e6:.0f} ever")
    for what, buffers in (("all buffers that are configured", buffers_configured(parameters)),
                          ("what the windows let be used", buffers_of_windows(parameters))):
        bound = 1.15 * (parameters + state + buffers)
        print(f"    by {what}, {buffers / 1e6:.0f} MB: {quiet / bound:.2f} of a bound of "
              f"{bound / 1e6:.0f} MB, with a checkpoint {last['VmHWM'] / (bound + state):.2f} of "
              f"{(bound + state) / 1e6:.0f}", flush=True)


def soak(data, folder, seconds=300):
    cluster = Cluster(folder)
    pids = {name: cluster.node(name)["pid"] for name in SHARD_NODES}
    before = {name: memory(pid)["VmRSS"] for name, pid in pids.items()}
    every_s = max(5, min(30, seconds // 4))
    follower = cluster.train(data, "r", "run.epochs=2000", "evaluation.every_epochs=0",
                             f"checkpoint.every_s={every_s}", BIG_MODEL)
    begun = run_of(cluster.until(lambda s: (r := run_of(s, "r")) and
                                 r["checkpoint_age_s"] is not None, pause_s=0.2), "r")
    states = {c["primary"]: c["bytes"] for c in begun["copies"] if c["part"].startswith("shard")}
    samples, checkpoints_seen, last = sampled(cluster, pids, seconds, every_s)
    rate = (last["applied"] - begun["applied"]) / seconds
    print(f"{seconds} s from the first checkpoint on, {rate:.1f} items/s, {checkpoints_seen} "
          f"checkpoints, one every {every_s} s, load {os.getloadavg()[0]:.1f}")
    for name in SHARD_NODES:
        tell_memory(name, before[name], states[name], samples[name])
    if last["era"] != begun["era"]:
        sys.exit("a new era has begun")
    leave(follower)
    cluster.stop()


# ---- checkpoints

ITEMS_AN_EPOCH = 938
RUN_S = 40


def timed_run(cluster, data, name, epochs, every_s):
    """Items a second of a whole run, the longest time without one before its end, and what it
    wrote."""
    follower = cluster.train(data, name, f"run.epochs={epochs}", "evaluation.every_epochs=0",
                             f"checkpoint.every_s={every_s}")
    cluster.until(lambda s: (r := run_of(s, name)) and r["applied"] > 500)

    def ends(_, run):
        return follower.poll() is not None or run and run["applied"] >= 0.98 * run["items"]

    _, longest = progress_during(cluster, ends, name, pause_s=0.05)
    done = whole_account(follower)
    written = sum('"event":"checkpoint"' in line for line in open(follower.heard))
    return done["items_per_s"], longest, written


def checkpoints(data, folder, rounds=5):
    cluster = Cluster(folder)
    first = account(cluster.train(data, "first", "run.epochs=5", "evaluation.every_epochs=0",
                                  "checkpoint.every_s=0"))
    epochs = math.ceil(RUN_S * first["items_per_s"] / ITEMS_AN_EPOCH)
    ratios, longests = [], {0: [], 10: []}
    for r in range(rounds):
        rates = {}
        for every_s in (0, 10) if r % 2 == 0 else (10, 0):
            rates[every_s], longest, written = timed_run(cluster, data, f"{r}-{every_s}", epochs,
                                                         every_s)
            longests[every_s].append(longest)
            print(f"round {r}, checkpoint.every_s={every_s}: {rates[every_s]:.1f} items/s, longest "
                  f"without one {longest:.2f} s, {written} checkpoints", flush=True)
        ratios.append(rates[10] / rates[0])
    cluster.stop()
    told(f"a checkpoint every 10 s / none, {epochs} epochs", ratios)
    told("longest without an item, none", longests[0], " s")
    told("longest without an item, every 10 s", longests[10], " s")
    print(f"load {os.getloadavg()[0]:.1f}")


# ---- accuracy

KILL_EVERY_S = 3


def hold_era(run):
    if run["era"] > 1:
        sys.exit(f"{run['name']}: a new era has begun")


def killed_until_it_ends(cluster, name, draw):
    """SIGKILLs of shards' daemons, each when every copy is level again: how many."""
    victim, former, count = SHARD_NODES[0], 0, 0
    while True:
        begun = time.monotonic()

        def ready(status):
            run = run_of(status, name)
            if not run:
                return False
            hold_era(run)
            return run["state"] not in ("waiting", "active") or (
                time.monotonic() >= begun + KILL_EVERY_S and all_up(status) and
                node_of(status, victim)["incarnation"] > former and run["copies"] and in_sync(run))

        status = cluster.until(ready, pause_s=0.05)
        if run_of(status, name)["state"] != "active":
            return count
        victim = draw.choice(SHARD_NODES)
        former = node_of(status, victim)["incarnation"]
        os.kill(node_of(status, victim)["pid"], signal.SIGKILL)
        count += 1


def accuracy_of(cluster, data, seed, killed):
    name = f"{'killed' if killed else 'quiet'}-{seed}"
    follower = cluster.train(data, name, f"run.seed={seed}", "consistency.level=replicated")
    count = killed_until_it_ends(cluster, name, random.Random(seed)) if killed else 0
    done = whole_account(follower)
    hold_era(run_of(cluster.status(), name))
    print(f"seed {seed}, {count} kills: {done['applied']} of {done['items']} items, "
          f"{done['skipped']} skipped, test accuracy {done['metrics']['accuracy']:.4f}, "
          f"{done['seconds']:.1f} s", flush=True)
    cluster.until(all_up)
    return done["metrics"]["accuracy"]


def accuracy(data, folder, seeds=3):
    cluster = Cluster(folder)
    quiet, killed = [], []
    for seed in range(1, seeds + 1):
        quiet.append(accuracy_of(cluster, data, seed, False))
        killed.append(accuracy_of(cluster, data, seed, True))
    cluster.stop()
    means = statistics.mean(quiet), statistics.mean(killed)
    print(f"test accuracy, mean of {seeds}: {means[0]:.4f} with nothing killed, {means[1]:.4f} "
          f"with kills, difference {means[1] - means[0]:+.4f}")
