# SPDX-License-Identifier: Apache-2.0
"""An issuer whose admin listener is somebody's cluster: callers, rules and a kubeconfig for real clients."""
import base64

import jwt
import yaml

import harness

ADMIN_TOKEN, NOBODY_TOKEN = "admin-secret-0123456789", "nobody-secret-012345678"
EVERYTHING = {"namespaces": ["*"], "service_accounts": ["*"], "audiences": ["*"]}


class Cluster(harness.Issuer):
    """Served over TLS. In its kubeconfig `admin` may do everything, `nobody` nothing, and `stranger` is unknown."""

    def __init__(self, mintmark, folder, ca, **config):
        tokens = folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f'{ADMIN_TOKEN},admin,1,"team-a,team-b"\n{NOBODY_TOKEN},nobody,2\n')
        super().__init__(mintmark, folder, path="/id/prod", ca=ca, config={
            "callers": {"tokens": str(tokens)},
            "rules": [{"users": ["admin"], "may": ["mint", "review", "metrics"], **EVERYTHING}], **config})
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "mintmark",
            "clusters": [{"name": "mintmark", "cluster": {
                "server": self.admin_origin,
                "certificate-authority-data": base64.b64encode(ca.certificate.read_bytes()).decode()}}],
            "contexts": [{"name": "mintmark", "context": {"cluster": "mintmark", "user": "admin"}}],
            "users": [{"name": "admin", "user": {"token": ADMIN_TOKEN}},
                      {"name": "nobody", "user": {"token": NOBODY_TOKEN}},
                      {"name": "stranger", "user": {"token": ADMIN_TOKEN[:-1] + "x"}}]}))

    def verify(self, token, audience):
        """The claims, verified with the published keys alone."""
        keys = jwt.PyJWKSet.from_dict(self.get("/openid/v1/jwks").json()).keys
        kid = jwt.get_unverified_header(token)["kid"]
        return jwt.decode(token, next(key for key in keys if key.key_id == kid).key, algorithms=["ES256"],
                          audience=audience, issuer=self.url)
