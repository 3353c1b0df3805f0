#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whether those who fetch the JWKS notice that the rotor makes RSA-4096 keys: p99 of one server under one load while it
# makes them and while it does not, alternately. A reload of keys.rotate_every switches that on and off; that it goes on,
# in a thread at nice 19, is looked for and asserted. Two loads of wrk: paced, 32 connections with a pause of 5 to 15 ms
# after each answer, and flat out, 64 connections. Prints every round and the median ratios, and fails when one is above
# 2.
#
#     tests/bench/bench_rotation.sh [BUILD_DIR [ROUNDS [SECONDS]]]
set -euo pipefail

build=$(realpath "${1:-.}")
command -v wrk >/dev/null || { echo "bench_rotation: wrk is not installed: apt-get install wrk" >&2; exit 77; }
exec /usr/bin/python3 - "${MINTMARK:-$build/mintmark}" "${2:-7}" "${3:-3}" <<'PYTHON'
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

mintmark, rounds, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PACED = "function delay() return math.random(5, 15) end\n"
LOADS = {"paced": ("-t1", "-c32", "-s"), "flat out": ("-t2", "-c64")}
GOAL = 2.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench_rotation: not within a minute: {what}")
        time.sleep(0.01)


class Server:
    """`serve` with keys of 4096 bits, which rotates as fast as it can, or not at all."""

    def __init__(self, folder):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.jwks = f"http://127.0.0.1:{self.port}/openid/v1/jwks"
        subprocess.run([mintmark, "init", "--issuer", f"http://127.0.0.1:{self.port}", "--dir", folder, "--algorithm",
                        "RS256"], check=True, stdout=subprocess.DEVNULL)
        self.configure(0)
        with open(self.folder / "serve.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([mintmark, "serve", "-c", f"{folder}/mintmark.yaml"], stderr=log)
        wait_until(self.answers, "serve answers")

    def configure(self, rotate_every):
        (self.folder / "mintmark.yaml").write_text(
            f"issuer: http://127.0.0.1:{self.port}\ndata_dir: data\n"
            f"listen: {{public: '127.0.0.1:{self.port}', admin: 'off'}}\nhttp: {{workers: 2}}\n"
            f"tokens: {{max_ttl: 1s, default_ttl: 1s}}\n"
            f"keys: {{algorithm: RS256, rsa_bits: 4096, rotate_every: {rotate_every}, propagation: 1s,"
            " verifier_cache: 0s, clock_skew: 0s}\n")

    def answers(self):
        try:
            return urllib.request.urlopen(self.jwks, timeout=1).status == 200
        except OSError:
            return False

    def generates(self):
        """Whether a thread of it runs at nice 19 (man 5 proc: field 19 of stat)."""
        for stat in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            try:
                if stat.read_text().rpartition(")")[2].split()[16] == "19":
                    return True
            except OSError:
                continue
        return False

    def switch(self, on):
        """Returns when a key is being made, or when none is and none will be."""
        self.configure("1s" if on else "0")
        self.process.send_signal(signal.SIGHUP)
        if on:
            wait_until(self.generates, "a key is made")
        else:
            time.sleep(1.5)  # what the rotor had begun with the old configuration
            wait_until(lambda: not self.generates(), "no key is made any more")

    def keys_made(self):
        return (self.folder / "serve.log").read_text(encoding="utf-8").count('msg="key published"')

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Watch(threading.Thread):
    """The share of the time in which a key is made, looked at every 20 ms."""

    def __init__(self, server):
        super().__init__()
        self.server, self.looks, self.hits, self.done = server, 0, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.02):
            self.looks += 1
            self.hits += self.server.generates()

    def share(self):
        self.done.set()
        self.join()
        return self.hits / max(1, self.looks)


def p99_us(text):
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", text, re.M).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def measure(server, load, script):
    """(p99 in microseconds, share of the time in which a key was made)."""
    arguments = [*LOADS[load]] + ([script] if "-s" in LOADS[load] else [])
    watch = Watch(server)
    watch.start()
    out = subprocess.run(["wrk", *arguments, f"-d{seconds}s", "--latency", server.jwks], check=True,
                         capture_output=True, text=True).stdout
    share = watch.share()
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"bench_rotation: not every request was answered:\n{out}")
    return p99_us(out), share


with tempfile.TemporaryDirectory() as folder:
    script = f"{folder}/paced.lua"
    pathlib.Path(script).write_text(PACED)
    server = Server(f"{folder}/issuer")
    try:
        ratios, shares = {load: [] for load in LOADS}, []
        for number in range(1, rounds + 1):
            for load in LOADS:
                server.switch(on=False)
                quiet, idle = measure(server, load, script)
                server.switch(on=True)
                busy, share = measure(server, load, script)
                if idle > 0:
                    sys.exit("bench_rotation: a key was made in a phase without")
                ratios[load].append(busy / quiet)
                shares.append(share)
                print(f"round {number}: {load}: p99 {quiet:.0f} us, making keys {busy:.0f} us "
                      f"({share:.0%} of the time), ratio {busy / quiet:.2f}", flush=True)
    finally:
        server.stop()
    keys = server.keys_made()

if statistics.median(shares) < 0.5:
    sys.exit(f"bench_rotation: keys were made in {statistics.median(shares):.0%} of the time only: no evidence")
missed = False
for load, values in ratios.items():
    ratio = statistics.median(values)
    missed = missed or ratio > GOAL
    print(f"figure: p99 of GET JWKS, {load}: while an RSA-4096 key is made / without: {ratio:.2f} "
          f"(goal <= {GOAL:g}, median of {rounds}, {keys} keys made)")
sys.exit(missed)
PYTHON
