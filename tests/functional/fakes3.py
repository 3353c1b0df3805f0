# SPDX-License-Identifier: Apache-2.0
"""A strict S3 of our own, for what no real store does on demand: it checks each signature with botocore's signer,
implements conditional writes as AWS documents them, and answers, waits or hangs as a test wants it to.
"""
import dataclasses
import hashlib
import hmac
import http.server
import re
import threading
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MESSAGES = {  # of Amazon S3 API, "List of error codes"
    "AccessDenied": (403, "Access Denied"),
    "BadDigest": (400, "The Content-SHA256 you specified did not match what we received"),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidToken": (400, "The provided token is malformed or otherwise not valid."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NotImplemented": (501, "A header you provided implies functionality that is not implemented."),
    "ConditionalRequestConflict": (409, "A conflicting operation occurred during the request"),
    "OperationAborted": (409, "A conflicting conditional action is currently in progress against this resource."),
    "PreconditionFailed": (412, "At least one of the preconditions that you specified did not hold."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the signature you provided."),
    "SlowDown": (503, "Please reduce your request rate."),
}


@dataclasses.dataclass
class Request:
    """One request: `key` is below the bucket."""
    method: str
    path: str
    key: str
    headers: dict
    body: bytes


def error(code, status=None, message=None, headers=None, more=""):
    """An answer as S3 refuses: (status, headers, body)."""
    status, message = status or MESSAGES[code][0], message or MESSAGES[code][1]
    body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}'
            "<RequestId>4442587FB7D0A2F9</RequestId></Error>")
    return status, {"Content-Type": "application/xml", **(headers or {})}, body.encode()


class FakeS3(http.server.ThreadingHTTPServer):
    """with FakeS3() as store: …  store.objects[key] is (body, headers). `hook(request)` may answer in its place."""
    daemon_threads = True

    def __init__(self, bucket="oidc", region="us-east-1", token=None, hidden=False, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bucket, self.region, self.token, self.hidden = bucket, region, token, hidden
        self.objects, self.requests, self.hook = {}, [], None
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""

    def puts(self):
        """The keys that were asked to be written, in order."""
        return [request.key for request in self.requests if request.method == "PUT"]

    # ---- answering -------------------------------------------------------------------------------------------------
    def answer(self, request):
        """(status, headers, body)"""
        self.requests.append(request)
        refusal = self.check_signature(request)
        if refusal:
            return refusal
        hooked = self.hook and self.hook(request)
        if hooked:
            return hooked
        if request.key is None:
            return error("NoSuchBucket")
        with self.lock:
            return self.get(request) if request.method == "GET" else self.put(request)

    def get(self, request):
        """GetObject."""
        if request.key in self.objects:
            body, headers = self.objects[request.key]
            return 200, {**headers, "ETag": etag(body)}, body
        return error("AccessDenied") if self.hidden else error("NoSuchKey")

    def put(self, request):
        """PutObject, with conditions as in the user guide's "Prevent object overwrites with conditional writes"."""
        found = self.objects.get(request.key)
        wanted = request.headers.get("if-match")
        if wanted and not found:
            return error("NoSuchKey")
        if (wanted and wanted != etag(found[0])) or (request.headers.get("if-none-match") == "*" and found):
            return error("PreconditionFailed")
        kept = {name: value for name, value in request.headers.items()
                if name in ("content-type", "cache-control") or name.startswith("x-amz-meta-")}
        self.objects[request.key] = request.body, kept
        return 200, {"ETag": etag(request.body)}, b""

    # ---- the signature ---------------------------------------------------------------------------------------------
    def check_signature(self, request):
        """What S3 checks of "Authenticating Requests (AWS Signature Version 4)"; None: it is right."""
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, *"
                             r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})",
                             request.headers.get("authorization", ""))
        if not match or match[1] != KEY_ID:
            return error("InvalidAccessKeyId") if match else error("AccessDenied")
        if match[3] != self.region:
            return error("AuthorizationHeaderMalformed", 400,
                         f"The authorization header is malformed; the region '{match[3]}' is wrong; "
                         f"expecting '{self.region}'", {"x-amz-bucket-region": self.region},
                         f"<Region>{self.region}</Region>")
        signed = match[4].split(";")
        must = [name for name in request.headers if name.startswith("x-amz-") or name in ("host", "content-type")]
        if signed != sorted(signed) or set(must) - set(signed):
            return error("AccessDenied", message="There were headers present in the request which were not signed")
        if "x-amz-content-sha256" not in request.headers:
            return error("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256")
        if request.headers["x-amz-content-sha256"] != hashlib.sha256(request.body).hexdigest():
            return error("BadDigest")
        if request.headers.get("x-amz-security-token") != self.token:
            return error("InvalidToken")
        if not hmac.compare_digest(self.signature(request, signed), match[5]):
            return error("SignatureDoesNotMatch")
        return None

    def signature(self, request, signed):
        """What botocore would have signed."""
        signer = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", self.region)
        again = AWSRequest(method=request.method, url=f"http://{request.headers['host']}{request.path}",
                           headers={name: request.headers[name] for name in signed}, data=request.body)
        again.context["timestamp"] = request.headers["x-amz-date"]
        return signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)


def etag(body):
    """As S3 has it for what was put in one piece."""
    return f'"{hashlib.md5(body).hexdigest()}"'


class Handler(http.server.BaseHTTPRequestHandler):
    """The connection: path-style addresses, /BUCKET/KEY."""
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        """One request, whatever its method."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # whoever sent it is gone: nothing is changed
            self.close_connection = True
            return
        bucket, _, key = urllib.parse.unquote(self.path)[1:].partition("/")
        request = Request(self.command, self.path, key if bucket == self.server.bucket else None,
                          {name.lower(): value for name, value in self.headers.items()}, body)
        status, headers, content = self.server.answer(request)
        if status == "cut":
            self.wfile.write(content)
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = handle_any

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Not on the terminal."""
