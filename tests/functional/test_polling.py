# SPDX-License-Identifier: Apache-2.0
"""Verifiers poll the documents at 1 kHz while another process commits 1,000 revisions of the key set.

Whatever they get is one committed set, whole; the ETag changes exactly when the content does; nothing goes back.
"""
import http.client
import json
import subprocess
import threading
import time

import pytest

import harness

REVISIONS = 1000
POLLS_PER_SECOND = 1000
POLLERS = 2
JWKS = "/openid/v1/jwks"
DISCOVERY = "/.well-known/openid-configuration"


class Poller(threading.Thread):
    """One verifier on one connection, which must never be closed: keeps every distinct body that it was given."""

    def __init__(self, issuer, path):
        super().__init__()
        self.path = issuer.path + path
        self.connection = http.client.HTTPConnection("127.0.0.1", issuer.public_port, timeout=10 * harness.PATIENCE)
        self.connection.connect()
        self.connection.auto_open = False
        self.etag = None
        self.bodies = {}  # by ETag, in the order in which they came
        self.changes = 0
        self.polls = 0
        self.error = None
        self.stop = threading.Event()

    def run(self):
        interval = POLLERS / POLLS_PER_SECOND
        due = time.monotonic()
        try:
            while not self.stop.is_set():
                self.poll()
                due += interval
                time.sleep(max(0.0, due - time.monotonic()))
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            self.connection.close()

    def poll(self):
        """Every other request is conditional, as a verifier with a cache makes it."""
        self.polls += 1
        conditional = self.etag is not None and self.polls % 2 == 0
        self.connection.request("GET", self.path, headers={"If-None-Match": self.etag} if conditional else {})
        answer = self.connection.getresponse()
        body = answer.read()  # fails when there is less than Content-Length says; more would spoil the next answer
        etag = answer.headers["ETag"]
        if answer.status == 304:
            assert conditional and body == b"" and etag == self.etag, "304 for another ETag than that which was sent"
            return
        assert answer.status == 200 and etag, f"{answer.status} {answer.reason}"
        assert not conditional or etag != self.etag, "200 although the content did not change"
        assert len(body) == int(answer.headers["Content-Length"])
        assert self.bodies.setdefault(etag, body) == body, f"two contents under the ETag {etag}"
        if etag != self.etag:
            self.changes += 1
            self.etag = etag


@pytest.fixture
def rotating(make_issuer, storetool, tmp_path):
    """A served issuer over a store that storetool made: each of its commits brings a new signer and drops a key."""
    data_dir = tmp_path / "store"
    subprocess.run([storetool, "commit", data_dir, "1"], check=True, stdout=subprocess.DEVNULL)
    issuer = make_issuer(path="/id/prod", algorithm="EdDSA", config={"data_dir": str(data_dir)})
    issuer.start("serve", "--follow", "-c", issuer.config_path)  # a rotor would miss a standby, and make one
    yield issuer
    issuer.stop()


def kids_of(body):
    return tuple(key["kid"] for key in json.loads(body)["keys"])


def test_documents_stay_whole_while_a_thousand_revisions_are_committed(rotating, storetool):
    first_kid, = kids_of(rotating.get(JWKS).body)
    pollers = [Poller(rotating, JWKS), Poller(rotating, DISCOVERY)]
    for poller in pollers:
        poller.start()
    try:
        commits = subprocess.run([storetool, "commit", rotating.data_dir, str(REVISIONS)], check=True, text=True,
                                 capture_output=True, timeout=300 * harness.PATIENCE)
        signers = [first_kid] + [line.split()[1] for line in commits.stdout.splitlines()]
        harness.wait_until(lambda: kids_of(rotating.get(JWKS).body)[0] == signers[-1] or pollers[0].error,
                           "the last revision is served", timeout=1.0)
        harness.wait_until(lambda: sum(poller.polls for poller in pollers) >= REVISIONS or pollers[0].error,
                           "there were enough polls", timeout=10.0)
        last = rotating.get(JWKS).headers["ETag"]
        harness.wait_until(lambda: pollers[0].etag == last or pollers[0].error, "the last revision was polled")
    finally:
        for poller in pollers:
            poller.stop.set()
            poller.join()
    for poller in pollers:
        if poller.error:
            raise poller.error
    jwks, discovery = pollers

    # What was served is committed sets, each once, in their order: the signer first, then the one that it replaced.
    assert len(signers) == REVISIONS + 1
    revision_of = {(kid, *signers[max(0, i - 1):i]): i for i, kid in enumerate(signers)}
    served = [revision_of[kids_of(body)] for body in jwks.bodies.values()]
    assert served == sorted(served) and served[-1] == REVISIONS
    contents, etags = len(set(jwks.bodies.values())), len(jwks.bodies)
    assert contents == etags == jwks.changes, "one ETag for each content, never back"
    assert discovery.changes == 1, "its content did not change"
    print(f"{jwks.polls + discovery.polls} polls met {jwks.changes} of {REVISIONS + 1} revisions")
