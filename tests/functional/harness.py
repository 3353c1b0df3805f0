# SPDX-License-Identifier: Apache-2.0
"""What the functional tests share: the real binary, a served issuer in a folder of its own, and a private CA.

Nothing here knows how mintmark works inside; everything goes through its command line, its files and its sockets.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import yaml

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[2]
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# Programs that run under a sanitizer or valgrind take longer: $MM_SLOWNESS=10 stretches every patience by ten.
PATIENCE = float(os.environ.get("MM_SLOWNESS", "1"))


def find_build_dir():
    """The folder with the built programs: $MM_BUILDDIR, that of $MINTMARK, or the first build that is there."""
    if "MM_BUILDDIR" in os.environ:
        return pathlib.Path(os.environ["MM_BUILDDIR"]).resolve()
    if "MINTMARK" in os.environ:
        return pathlib.Path(os.environ["MINTMARK"]).resolve().parent
    for candidate in (SOURCE_DIR / "build/release", SOURCE_DIR / "build/quickstart", SOURCE_DIR):
        if (candidate / "mintmark").is_file():
            return candidate
    raise FileNotFoundError("no mintmark program: build it, or name it in $MINTMARK")


def built(name):
    """A program or library of the build, such as tests/functional/storetool; made on demand where make can."""
    build_dir = find_build_dir()
    path = build_dir / name
    if not path.exists() and (build_dir / "Makefile").exists():
        subprocess.run(["make", "-s", "-C", build_dir, name], check=True, stdin=subprocess.DEVNULL)
    return path


class Mintmark:
    """The program: call it with its arguments; the result is a CompletedProcess with text."""

    def __init__(self, path=None):
        self.path = pathlib.Path(path or os.environ.get("MINTMARK") or built("mintmark")).resolve()

    def __call__(self, *arguments, status=0, stdin=None, env=None, cwd=None, timeout=60, text=True):
        """Runs it to its end. `status` is the exit status that is asserted; None asserts nothing."""
        result = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=text, cwd=cwd,
                                timeout=timeout * PATIENCE, env=None if env is None else {**os.environ, **env},
                                **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        assert status is None or result.returncode == status, (
            f"mintmark {' '.join(map(str, arguments))}: exit {result.returncode}, not {status}\n"
            f"stdout: {result.stdout}\nstderr: {result.stderr}")
        return result

    @property
    def sanitized(self):
        """Whether it was built with the address or thread sanitizer."""
        return any(name in self.path.read_bytes() for name in (b"__asan_init", b"__tsan_init"))

    def popen(self, *arguments, prefix=(), **options):
        """Starts it and returns the Popen; the caller ends it. `prefix` is a wrapper such as valgrind."""
        return subprocess.Popen([*prefix, self.path, *map(str, arguments)], stdin=subprocess.DEVNULL, **options)


def free_port():
    """A port that nobody listens on, outside the range from which outgoing connections take theirs."""
    for _ in range(200):
        port = random.randint(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found in 200 tries")


def wait_until(condition, what, timeout=10.0, interval=0.01):
    """Polls `condition` until it returns something true, which is returned; fails with `what` otherwise."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout * PATIENCE:g} s: {what() if callable(what) else what}")
        time.sleep(interval)


def generate_key(path, algorithm="EC", option="ec_paramgen_curve:P-256"):
    """A private key by the openssl command, as PKCS#8."""
    subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, *(["-pkeyopt", option] if option else []), "-out",
                    path], check=True, capture_output=True)


def merge(base, changes):
    """`base` with `changes` laid over it, section by section; a value of None takes the option out."""
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


class Authority:
    """A private certificate authority made by the openssl command."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=mintmark test authority", "-keyout", self.key, "-out", self.certificate,
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def issue(self, name="localhost", names=("DNS:localhost", "IP:127.0.0.1"), days=1):
        """A server certificate; returns the paths of (certificate, key), both new files on every call."""
        serial = f"{random.getrandbits(64):016x}"
        stem = self.folder / f"{name}-{serial}"
        request, certificate, key, extensions = (stem.with_suffix(s) for s in (".csr", ".crt", ".key", ".ext"))
        extensions.write_text(f"subjectAltName={','.join(names)}\nbasicConstraints=CA:FALSE\n"
                              "extendedKeyUsage=serverAuth,clientAuth\n"
                              "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                      "-set_serial", f"0x{serial}", "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def context(self):
        """An ssl context that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.certificate))


ADMIN_TOKEN = "admin-secret-0123456789"
EVERYTHING = {"namespaces": ["*"], "service_accounts": ["*"], "audiences": ["*"]}


class Issuer:
    """An issuer in a folder of its own: `mintmark init`, then `serve` while the context is open.

        with Issuer(mintmark, tmp_path, path="/id/prod", ca=ca) as issuer:
            document = issuer.get("/.well-known/openid-configuration").json()

    With a `ca` it is served over HTTPS by the name localhost, otherwise over plain HTTP on 127.0.0.1. `config` is laid
    over what init wrote, such as {"http": {"workers": 2}, "log": {"access": "json"}}. On the admin listener the bearer of
    ADMIN_TOKEN may do everything, and nobody else anything.
    """

    def __init__(self, mintmark, folder, path="", algorithm="ES256", ca=None, config=None, prefix=(), env=None):
        self.mintmark, self.folder, self.ca = mintmark, pathlib.Path(folder) / "issuer", ca
        self.public_port, self.admin_port = free_port(), free_port()
        self.algorithm, self.path, self.prefix, self.env = algorithm, path, prefix, env
        self.origin = f"https://localhost:{self.public_port}" if ca else f"http://127.0.0.1:{self.public_port}"
        self.url = self.origin + path
        self.admin_origin = self.origin.replace(str(self.public_port), str(self.admin_port))
        self.config_path = self.folder / "mintmark.yaml"
        self.log_path = self.folder / "serve.log"
        self.process = None
        self._init(config or {})

    def _init(self, changes):
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.mintmark("init", "--issuer", self.url, "--dir", self.folder, "--algorithm", self.algorithm)
        tokens = self.write_tokens(f"{ADMIN_TOKEN},admin,1")
        own = {"listen": {"public": f"127.0.0.1:{self.public_port}", "admin": f"127.0.0.1:{self.admin_port}"},
               "callers": {"tokens": str(tokens)},
               "rules": [{"users": ["admin"], "may": ["mint", "review", "metrics"], **EVERYTHING}]}
        if self.ca:
            certificate, key = self.ca.issue()
            shutil.copy(certificate, self.folder / "tls.crt")
            shutil.copy(key, self.folder / "tls.key")
            own["tls"] = {"certificate": str(self.folder / "tls.crt"), "key": str(self.folder / "tls.key")}
        self.configure(merge(own, changes))

    def write_tokens(self, *lines):
        """Replaces the file of static bearer tokens; returns its path."""
        path = self.folder / "tokens.csv"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("".join(f"{line}\n" for line in lines))
        return fresh.replace(path)

    def configure(self, changes):
        """Lays `changes` over the configuration file and replaces it in one step."""
        config = merge(yaml.safe_load(self.config_path.read_text()), changes)
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(config))
        fresh.replace(self.config_path)

    @property
    def data_dir(self):
        """The folder of the key set."""
        return self.folder / yaml.safe_load(self.config_path.read_text())["data_dir"]

    # ---- serving ---------------------------------------------------------------------------------------------------
    def start(self, *arguments):
        """Starts `serve`, by `arguments` where they are given, and returns when it is ready."""
        arguments = arguments or ("serve", "-c", self.config_path)
        with open(self.log_path, "ab") as log:
            self.process = self.mintmark.popen(*arguments, prefix=self.prefix, stdout=log, stderr=log,
                                               env={**os.environ, **(self.env or {})})
        try:
            wait_until(self._is_ready, lambda: f"serve is ready; its log:\n{self.log()}")
        except BaseException:
            self.kill()
            raise
        return self

    def _is_ready(self):
        assert self.process.poll() is None, f"serve ended with {self.process.returncode}; its log:\n{self.log()}"
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def stop(self):
        """SIGTERM, and the program must end by itself with status 0."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout=15 * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"serve did not stop on SIGTERM; its log:\n{self.log()}") from None
        assert status == 0, f"serve ended with {status}; its log:\n{self.log()}"

    def kill(self):
        """kill -9, when the program has not ended yet."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def reload(self):
        """SIGHUP; returns at once."""
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        """What serve has written so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            print(f"log of serve at {self.url}:\n{self.log()}")
            self.kill()

    # ---- using it --------------------------------------------------------------------------------------------------
    def run(self, *arguments, **options):
        """A command of mintmark with this issuer's configuration: issuer.run("key", "list", "-o", "json")."""
        return self.mintmark(*arguments, "-c", self.config_path, **options)

    def token(self, account="default", *arguments):
        """A token on the command line; `arguments` are flags of `token create`."""
        return self.run("token", "create", account, *arguments).stdout.strip()

    def import_key(self, path):
        """Imports a private key; returns its kid."""
        answer = json.loads(self.run("key", "import", path, "-o", "json").stdout)
        return answer["events"][0]["key"]["kid"]

    def get(self, path, method="GET", headers=None, admin=False, body=None, token=ADMIN_TOKEN):
        """One request for a path under the issuer's; the answer, of whatever status, is an Answer.

        The admin listener is shown `token`; None: nothing.
        """
        url = (self.admin_origin if admin else self.origin) + self.path + path
        headers = {**({"Authorization": f"Bearer {token}"} if admin and token else {}), **(headers or {})}
        request = urllib.request.Request(url, method=method, headers=headers, data=body)
        https = [urllib.request.HTTPSHandler(context=self.ca.context())] if self.ca else []
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *https)
        try:
            with opener.open(request, timeout=5 * PATIENCE) as reply:
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as reply:
            return Answer(reply.code, reply.headers, reply.read())

    def connect(self, admin=False, timeout=5.0, plain=False):
        """A connected socket to a listener, through TLS where it speaks TLS, for requests written byte by byte."""
        port = self.admin_port if admin else self.public_port
        connection = socket.create_connection(("127.0.0.1", port), timeout=timeout * PATIENCE)
        if self.ca and not plain:
            connection = self.ca.context().wrap_socket(connection, server_hostname="localhost")
        return connection


class Answer:
    """Status, headers (case does not matter in their names) and body of one response."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)
