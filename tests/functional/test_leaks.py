# SPDX-License-Identifier: Apache-2.0
"""A whole served run under valgrind: every kind of request, a reload, a commit, a new certificate, a stop.

No error, no leak.
"""
import shutil

import pytest

import harness

VALGRIND = ("valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect", "--track-fds=no", "--child-silent-after-fork=yes")
REQUESTS = (
    b"GET /id/prod/openid/v1/jwks HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /id/prod/.well-known/openid-configuration HTTP/1.1\r\nHost: a\r\n\r\n" * 3,  # pipelined
    b"HEAD /id/prod/openid/v1/jwks HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /id/prod/openid/v1/jwks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /id/prod/livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",  # no Host
    b"\x16\x03\x01 not HTTP at all\r\n\r\n",
    b"GET /id/prod/livez HTTP/1.1\r\nHost: a\r\n",  # never ends
    b"X" * 20000,
)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "https"])
def test_a_served_run_leaks_nothing(mintmark, ca, tmp_path, monkeypatch, over_tls):
    monkeypatch.setattr(harness, "PATIENCE", 10 * harness.PATIENCE)
    issuer = harness.Issuer(mintmark, tmp_path, path="/id/prod", ca=ca if over_tls else None, prefix=VALGRIND,
                            config={"http": {"workers": 2}, "log": {"access": "json"}})
    with issuer:  # which asserts the exit status: 0, not valgrind's 99
        for request in REQUESTS:
            with issuer.connect() as connection:
                connection.sendall(request)
                connection.settimeout(0.3)
                try:
                    while connection.recv(65536):
                        pass
                except OSError:
                    pass  # the server keeps it open, or has closed it before all was sent
        for page in ("/livez", "/readyz", "/metrics", "/version", "/nowhere"):
            issuer.get(page)
            issuer.get(page, admin=True)
        with issuer.connect(plain=True) as connection:
            connection.sendall(b"neither TLS nor HTTP")
        if over_tls:
            certificate, key = ca.issue()
            shutil.copy(certificate, issuer.folder / "tls.crt")
            shutil.copy(key, issuer.folder / "tls.key")
            harness.wait_until(lambda: issuer.log().count("certificate loaded") > 0, "the new certificate is loaded")
        before = issuer.get("/openid/v1/jwks").headers["ETag"]
        key_file = tmp_path / "key.pem"
        harness.generate_key(key_file)
        issuer.run("key", "import", key_file)
        harness.wait_until(lambda: issuer.get("/openid/v1/jwks").headers["ETag"] != before, "the commit is served")
        issuer.reload()
        harness.wait_until(lambda: "configuration loaded" in issuer.log(), "SIGHUP is obeyed")
        issuer.configure({"tokens": {"default_ttl": "30m"}})
        harness.wait_until(lambda: issuer.log().count("configuration loaded") > 1, "the changed file is loaded")
        kept_open = issuer.connect()  # a connection that is idle when the server stops
    kept_open.close()
