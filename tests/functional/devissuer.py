# SPDX-License-Identifier: Apache-2.0
"""`mintmark dev` for tests: started, asked, and gone with the test."""
import json
import ssl
import subprocess
import urllib.error
import urllib.request

import harness


class Dev:
    """`mintmark dev` with those flags while the context is open; what it said when it was ready is in `about`."""

    def __init__(self, mintmark, *arguments):
        self.process = subprocess.Popen([mintmark.path, "dev", *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), self.process.communicate()[1].decode()
        self.about = json.loads(line)
        self.context = ssl.create_default_context(cadata=self.about["ca"]) if "ca" in self.about else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Closes its standard input, at which it ends; what it had logged until then."""
        _, logged = self.process.communicate(timeout=15 * harness.PATIENCE)
        assert self.process.returncode == 0, logged
        return logged.decode()

    def ask(self, method, path, body=None, at=None, token=True, status=200):
        """One request to the admin listener, under the path of an issuer of `about`; the answer as JSON."""
        bearer = self.about["admin_token"] if token is True else token
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request((at or self.about)["admin_url"] + path, data, headers, method=method)
        try:
            with self.opener().open(request, timeout=10 * harness.PATIENCE) as answer:
                found, text = answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            found, text = refusal.code, refusal.read()
        assert found == status, text
        return json.loads(text)

    def opener(self):
        """Trusts its certificate and knows no proxy."""
        https = [urllib.request.HTTPSHandler(context=self.context)] if self.context else []
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), *https)

    def fetch(self, url):
        """JSON by GET, as a stranger."""
        with self.opener().open(url, timeout=10 * harness.PATIENCE) as answer:
            return json.load(answer)

    def token_request(self, audience=None, at=None, status=201, **annotations):
        """A TokenRequest for ci/builder with annotations mintmark.dev/…: token_request(fault="expired")."""
        body = {"metadata": {"annotations": {f"mintmark.dev/{name}": value for name, value in annotations.items()}},
                "spec": {"audiences": [audience] if audience else []}}
        return self.ask("POST", "/api/v1/namespaces/ci/serviceaccounts/builder/token", body, at, status=status)

    def token(self, *arguments, **annotations):
        """The token alone."""
        return self.token_request(*arguments, **annotations)["status"]["token"]

    def kids(self, at=None):
        """Of the JWKS, the active key first."""
        return [key["kid"] for key in self.fetch((at or self.about)["url"] + "/openid/v1/jwks")["keys"]]
