# SPDX-License-Identifier: Apache-2.0
"""An issuer that is all right, served over TLS from this process, until a test breaks it in one place."""
import copy
import datetime
import http.server
import json
import ssl
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

import forge

HOST, OTHER = "oidc.example.test", "localhost"
DAY = datetime.timedelta(days=1)
DISCOVERY, JWKS = "/.well-known/openid-configuration", "/openid/v1/jwks"


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certificate:
    """A certificate and its key; `issuer` None: by itself. Times are days from now."""

    def __init__(self, subject, issuer=None, names=(), begin=-1, end=100, tells=False):
        now = datetime.datetime.utcnow()
        self.key = ec.generate_private_key(ec.SECP256R1())
        builder = (x509.CertificateBuilder().subject_name(name(subject)).serial_number(x509.random_serial_number())
                   .issuer_name(issuer.x509.subject if issuer else name(subject)).public_key(self.key.public_key())
                   .not_valid_before(now + begin * DAY).not_valid_after(now + end * DAY)
                   .add_extension(x509.BasicConstraints(not names, None), True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        if tells:
            where = x509.UniformResourceIdentifier("http://authority.example.test/issuer.crt")
            builder = builder.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, where)]), False)
        self.x509 = builder.sign((issuer or self).key, hashes.SHA256())

    @property
    def pem(self):
        return self.x509.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A root, an intermediate, and what servers present: lists of certificates, the server's own first."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.root = Certificate("root")
        self.middle = Certificate("intermediate", self.root)
        self.good = [Certificate("server", self.middle, [HOST, OTHER]), self.middle]
        self.file, self.others = folder / "root.pem", folder / "others.pem"
        self.file.write_bytes(self.root.pem)
        self.others.write_bytes(Certificate("nobody's").pem)

    def environment(self, public=False):
        """Who is publicly trusted: this authority, or another."""
        return {"SSL_CERT_FILE": str(self.file if public else self.others), "SSL_CERT_DIR": str(self.folder / "none")}

    def server(self, names=(HOST,), **options):
        return [Certificate("server", self.middle, names, **options), self.middle]

    def context(self, chain):
        """An ssl context that presents `chain`, as it stands there."""
        self.count += 1
        path = self.folder / f"{self.count}.pem"
        path.write_bytes(forge.pem(chain[0].key) + b"".join(certificate.pem for certificate in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


class Document:
    """What is answered: a text in `body` is sent as it stands, an object as JSON."""

    def __init__(self, body, media):
        self.body, self.status, self.delay, self.drip = body, 200, 0, 0
        self.headers = {"Content-Type": media, "Cache-Control": "public, max-age=3600"}
        self.then = None  # the body from the second time on

    def text(self):
        body = self.body
        if self.then is not None:
            self.body, self.then = self.then, None
        if isinstance(body, str):
            body = body.encode()
        return body if isinstance(body, bytes) else json.dumps(body).encode()


class Issuer:
    """The description of an issuer, for a test to change before it is served; RSA_JWK signs its tokens."""

    RSA_JWK = forge.rsa_jwk(forge.RSA_KEY, use="sig")
    EC_JWK = forge.ec_jwk(forge.EC_KEY, use="sig")

    def __init__(self, authority):
        self.authority, self.chain = authority, authority.good
        self.arguments = ["--cacert", authority.file]
        self.address = "127.0.0.1:{port}"  # that is connected to; "": the host is resolved
        self.tls, self.listens, self.date = True, True, 0
        self.later = None  # the chain that is presented from the second connection on
        self.discovery = Document({}, "application/json")
        self.jwks = Document({"keys": [copy.deepcopy(self.RSA_JWK)]}, "application/jwk-set+json")
        self.extra = {}  # more documents, by path
        self.rename(f"https://{HOST}")

    @property
    def keys(self):
        return self.jwks.body["keys"]

    def rename(self, url):
        """Gives it another URL; {port} in it is that of the server."""
        self.url = url
        self.discovery.body = {
            "issuer": url, "jwks_uri": url.rstrip("/").split("?")[0] + JWKS, "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}

    def find(self, path):
        prefix = urllib.parse.urlparse(self.url).path.rstrip("/")
        if path in self.extra:
            return self.extra[path]
        return {prefix + DISCOVERY: self.discovery, prefix + JWKS: self.jwks}.get(path)


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):  # pylint: disable=invalid-name
        document = self.server.issuer.find(self.path)
        if not document:
            self.send_error(404)
            return
        text = document.text()
        time.sleep(document.delay)
        self.send_response(document.status)
        for header, value in document.headers.items():
            self.send_header(header, value.format(port=self.server.server_port))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        for i in range(0, len(text), document.drip or len(text) or 1):
            self.wfile.write(text[i:i + (document.drip or len(text))])
            if document.drip:
                time.sleep(0.1)

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.server.issuer.date)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Server(http.server.ThreadingHTTPServer):
    """Serves an issuer while the context is open. A peer that goes away in the middle is nothing to tell of."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, issuer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = issuer
        self.context = issuer.authority.context(issuer.chain) if issuer.tls else None
        for document in (issuer.discovery, issuer.jwks):
            if isinstance(document.body, dict):
                document.body = json.loads(json.dumps(document.body).replace("{port}", str(self.server_port)))

    def finish_request(self, request, client_address):
        if self.context:
            context = self.context
            if self.issuer.later:
                self.context = self.issuer.authority.context(self.issuer.later)
            request = context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        if self.issuer.listens:
            threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        else:
            self.socket.close()
        return self

    def __exit__(self, *_):
        if self.issuer.listens:
            self.shutdown()
        self.server_close()

    @property
    def url(self):
        return self.issuer.url.replace("{port}", str(self.server_port))

    @property
    def arguments(self):
        connect = ["--connect", self.issuer.address.format(port=self.server_port)] if self.issuer.address else []
        return [self.url, *self.issuer.arguments, *connect]
