# SPDX-License-Identifier: Apache-2.0
"""conf/nginx.conf, as it is shipped, in front of the program: it passes the two documents on and nothing else."""
import json
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

import harness

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not installed")

# What nginx wants around a file of conf.d, when it runs from a folder of its own.
MAIN = """daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/mintmark.conf;
}}
"""


def replaced(text, old, new):
    assert old in text, f"conf/nginx.conf has no {old!r} any more"
    return text.replace(old, new)


class Proxy:
    """nginx with the shipped file, its ports, certificate and issuer path replaced, in front of `issuer`."""

    def __init__(self, folder, ca, port, issuer):
        folder.mkdir()
        self.ca, self.origin, self.process = ca, f"https://localhost:{port}", None
        certificate, key = ca.issue()
        text = (harness.SOURCE_DIR / "conf/nginx.conf").read_text()
        text = replaced(text, "server 127.0.0.1:8443;", f"server 127.0.0.1:{issuer.public_port};")
        text = replaced(text, "listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
        text = replaced(text, "listen [::]:443 ssl;", "")
        text = replaced(text, "server_name oidc.example.com;", "server_name localhost;")
        text = replaced(text, "/etc/mintmark/tls.crt", str(certificate))
        text = replaced(text, "/etc/mintmark/tls.key", str(key))
        text = replaced(text, "location = /", f"location = {issuer.path}/")
        (folder / "mintmark.conf").write_text(text)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        self.command = [NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]

    def __enter__(self):
        subprocess.run([*self.command, "-t"], check=True, stdin=subprocess.DEVNULL)
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        try:
            harness.wait_until(self._answers, "nginx answers")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10 * harness.PATIENCE)

    def _answers(self):
        assert self.process.poll() is None, "nginx ended"
        try:
            return self.get("/")
        except OSError:
            return False

    def get(self, path, headers=None):
        request = urllib.request.Request(self.origin + path, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.ca.context()))
        try:
            with opener.open(request, timeout=5 * harness.PATIENCE) as reply:
                return harness.Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as reply:
            return harness.Answer(reply.code, reply.headers, reply.read())


@pytest.fixture(scope="module", params=["", "/id/prod"], ids=["no path", "path"])
def proxied(request, mintmark, ca, tmp_path_factory):
    """(issuer, proxy): the issuer's URL is the proxy's, and it speaks plain HTTP behind it."""
    folder, port = tmp_path_factory.mktemp("nginx"), harness.free_port()
    issuer = harness.Issuer(mintmark, folder, path=request.param,
                            config={"issuer": f"https://localhost:{port}{request.param}"})
    with issuer, Proxy(folder / "nginx", ca, port, issuer) as proxy:
        yield issuer, proxy


def test_both_documents_pass_through_as_they_are(proxied):
    issuer, proxy = proxied
    for path in ("/.well-known/openid-configuration", "/openid/v1/jwks"):
        direct, passed = issuer.get(path), proxy.get(issuer.path + path)
        assert (passed.status, passed.body) == (200, direct.body)
        for name in ("Content-Type", "Cache-Control", "ETag", "Last-Modified"):
            assert passed.headers[name] == direct.headers[name] is not None, name


def test_the_documents_lead_from_one_to_the_other_at_the_proxy(proxied):
    issuer, proxy = proxied
    discovery = json.loads(proxy.get(issuer.path + "/.well-known/openid-configuration").body)
    assert discovery["issuer"] == proxy.origin + issuer.path
    assert discovery["jwks_uri"] == proxy.origin + issuer.path + "/openid/v1/jwks"


def test_a_client_that_has_the_document_gets_304_through_the_proxy(proxied):
    issuer, proxy = proxied
    path = issuer.path + "/openid/v1/jwks"
    assert proxy.get(path, {"If-None-Match": proxy.get(path).headers["ETag"]}).status == 304


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/openid/v1/jwks/", "/api"])
def test_nothing_else_passes(proxied, path):
    issuer, proxy = proxied
    assert proxy.get(issuer.path + path).status == 404


def test_a_stranger_verifies_a_token_through_the_proxy(proxied, mintmark, ca):
    issuer, proxy = proxied
    url = proxy.origin + issuer.path
    result = mintmark("token", "verify", "-", "--issuer", url, "--cacert", ca.certificate, stdin=issuer.token())
    assert result.stdout.startswith("valid: ")
