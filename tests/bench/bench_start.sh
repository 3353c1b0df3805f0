#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From the start of the process to the first answered request for the JWKS, with existing keys, and the resident memory
# after that and after some load. Prints the median, and fails when a goal is missed: 50 ms, 15 MB.
#
#     tests/bench/bench_start.sh [BUILD_DIR [ROUNDS]]
set -euo pipefail

build=$(realpath "${1:-.}")
exec /usr/bin/python3 - "${MINTMARK:-$build/mintmark}" "${2:-21}" <<'PYTHON'
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

mintmark, rounds = sys.argv[1], int(sys.argv[2])
GET = b"GET /openid/v1/jwks HTTP/1.1\r\nHost: h\r\n\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_answer(port):
    """Asks until somebody answers; returns the connection."""
    while True:
        connection = socket.socket()
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(GET)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            return connection
        except OSError:
            connection.close()
            time.sleep(0.0002)


def resident_mb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024


with tempfile.TemporaryDirectory() as folder:
    port, admin = free_port(), free_port()
    subprocess.run([mintmark, "init", "--issuer", f"http://127.0.0.1:{port}", "--dir", folder, "--algorithm", "RS256"],
                   check=True, stdout=subprocess.DEVNULL)
    config = re.sub(r"(?m)^listen:\n(  .*\n)*", "", open(f"{folder}/mintmark.yaml").read())
    with open(f"{folder}/mintmark.yaml", "w") as file:
        file.write(config + f"listen:\n  public: \"127.0.0.1:{port}\"\n  admin: \"127.0.0.1:{admin}\"\n")
    took, memory = [], []
    for _ in range(rounds):
        began = time.monotonic()
        process = subprocess.Popen([mintmark, "serve", "-c", f"{folder}/mintmark.yaml"], stderr=subprocess.DEVNULL)
        try:
            connection = first_answer(port)
            took.append((time.monotonic() - began) * 1000)
            for _ in range(2000):
                connection.sendall(GET * 4)
                connection.recv(1 << 20)
            memory.append(resident_mb(process.pid))
            connection.close()
        finally:
            process.terminate()
            process.wait()

median, most = statistics.median(took), max(memory)
print(f"figure: start to first answer: {median:.1f} ms (goal <= 50, median of {rounds}, max {max(took):.1f})")
print(f"figure: resident when serving: {most:.1f} MB (goal <= 15)")
sys.exit(0 if median <= 50 and most <= 15 else 1)
PYTHON
