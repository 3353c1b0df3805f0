# SPDX-License-Identifier: Apache-2.0
"""mintmark publish into buckets: of s3rver, read back with AWS' clients, and of a strict store of our own."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import boto3
import botocore.config
import pytest

import fakes3
import harness

JWKS, DISCOVERY = "openid/v1/jwks", ".well-known/openid-configuration"
ISSUER = "https://oidc.example.com/id/prod"


class Publisher:
    """An issuer that is not served, and the environment in which it publishes."""

    def __init__(self, mintmark, folder, keys=None):
        self.mintmark, self.folder = mintmark, folder
        self.config = folder / "issuer/mintmark.yaml"
        self.env = {"HOME": str(folder), "AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER",
                    **dict.fromkeys(("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
                                     "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"), ""), **(keys or {})}

    def run(self, *arguments, status=0, env=None):
        """A command with its configuration."""
        return self.mintmark(*arguments, "-c", self.config, status=status, env={**self.env, **(env or {})})

    def publish(self, *arguments, **options):
        """mintmark publish"""
        return self.run("publish", *arguments, **options)

    def change(self):
        """Makes another revision with other documents."""
        harness.generate_key(self.folder / "k.pem")
        return json.loads(self.run("key", "import", self.folder / "k.pem", "-o", "json").stdout)["revision"]

    def documents(self):
        """What is to be published now."""
        return {path: self.run(word).stdout[:-1].encode() for word, path in (("jwks", JWKS), ("discovery", DISCOVERY))}


@pytest.fixture(scope="module")
def fresh(mintmark, tmp_path_factory):
    """The folder of an issuer that nobody changes."""
    folder = tmp_path_factory.mktemp("fresh")
    mintmark("init", "--issuer", ISSUER, "--dir", folder / "issuer", "--algorithm", "ES256")
    return folder


@pytest.fixture
def publisher(mintmark, fresh, tmp_path):
    """A copy of it."""
    shutil.copytree(fresh / "issuer", tmp_path / "issuer")
    return Publisher(mintmark, tmp_path)


# ---- s3rver ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def s3rver(tmp_path_factory):
    """The server and AWS' client for JavaScript: s3rver.url, s3rver.read(key)."""
    process = subprocess.Popen(["node", "s3rver.mjs", tmp_path_factory.mktemp("s3rver"), "oidc"], text=True,
                               cwd=harness.SOURCE_DIR / "tests/functional", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)

    def line():
        text = process.stdout.readline()
        assert text, "s3rver.mjs ended"
        return json.loads(text)

    class Server:
        """Where it is, and what is in it."""
        port = line()["port"]
        url = f"http://127.0.0.1:{port}"

        @staticmethod
        def read(key):
            """An object, as @aws-sdk/client-s3 sees it."""
            process.stdin.write(json.dumps({"bucket": "oidc", "key": key}) + "\n")
            process.stdin.flush()
            return line()

    yield Server
    process.stdin.close()
    process.wait(10)


def boto(url):
    """AWS' client for Python."""
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="S3RVER",
                        aws_secret_access_key="S3RVER", config=botocore.config.Config(proxies={}))


def bodies(s3rver, prefix):
    """Both documents as boto3 sees them."""
    client = boto(s3rver.url)
    return {path: client.get_object(Bucket="oidc", Key=f"{prefix}/{path}")["Body"].read() for path in (JWKS, DISCOVERY)}


def test_both_documents_are_there_with_all_that_verifiers_and_we_need(publisher, s3rver):
    result = publisher.publish("s3://oidc/a b/prod/", "--endpoint", s3rver.url)
    assert result.stdout == f"s3://oidc/a b/prod/{JWKS} written\ns3://oidc/a b/prod/{DISCOVERY} written\n"
    assert result.stderr == ""
    expected = publisher.documents()
    for path, content_type in ((JWKS, "application/jwk-set+json"), (DISCOVERY, "application/json")):
        seen = s3rver.read(f"a b/prod/{path}")
        assert seen == {"body": expected[path].decode(), "type": content_type, "cache": "public, max-age=3600",
                        "metadata": {"mintmark-issuer": ISSUER, "mintmark-revision": "1"}}
    assert bodies(s3rver, "a b/prod") == expected


def test_what_is_right_is_left_alone_and_the_mark_moves_on(publisher, s3rver):
    place = ("s3://oidc/marks", "--endpoint", s3rver.url)
    publisher.publish(*place)
    again = json.loads(publisher.publish(*place, "-o", "json").stdout)
    assert again == {"jwks": {"path": f"s3://oidc/marks/{JWKS}", "written": False},
                     "discovery": {"path": f"s3://oidc/marks/{DISCOVERY}", "written": False}}
    revision = publisher.change()
    publisher.publish(*place)
    assert {s3rver.read(f"marks/{path}")["metadata"]["mintmark-revision"]
            for path in (JWKS, DISCOVERY)} == {str(revision)}
    assert bodies(s3rver, "marks") == publisher.documents()


@pytest.mark.parametrize("env, said", [
    ({"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, "the store answers 403 SignatureDoesNotMatch: "),
    ({"AWS_ACCESS_KEY_ID": "wrong-id"}, "the store answers 403 InvalidAccessKeyId: "),
], ids=["secret", "id"])
def test_wrong_credentials_are_refused_in_the_words_of_the_store(publisher, s3rver, env, said):
    result = publisher.publish("s3://oidc/wrong", "--endpoint", s3rver.url, status=1, env=env)
    assert result.stdout == "" and said in result.stderr
    assert "wrong-secret" not in result.stderr


def test_a_bucket_that_is_not_there_is_told(publisher, s3rver):
    result = publisher.publish("s3://another", "--endpoint", s3rver.url, status=1)
    assert "404 NoSuchBucket" in result.stderr and "make the bucket, or correct its name" in result.stderr


def test_an_older_revision_is_refused_unless_it_is_said_to_replace(publisher, s3rver):
    place = ("s3://oidc/older", "--endpoint", s3rver.url)
    shutil.copytree(publisher.folder / "issuer", publisher.folder / "backup")
    old = publisher.documents()
    newer = publisher.change()
    publisher.publish(*place)
    published = bodies(s3rver, "older")
    publisher.config = publisher.folder / "backup/mintmark.yaml"
    refused = publisher.publish(*place, status=1)
    assert refused.stdout == ""
    assert f"{JWKS} is of revision {newer}, and this key set is at 1: is it an old copy?" in refused.stderr
    assert bodies(s3rver, "older") == published
    publisher.publish(*place, "--replace")
    assert bodies(s3rver, "older") == old


class Stall(threading.Thread):
    """A proxy that lets all through until the Nth body that is put, of that request only a part, and sets `stalled`."""

    def __init__(self, port, number, part):
        super().__init__(daemon=True)
        self.port, self.left, self.part = port, number, part
        self.stalled, self.connections = threading.Event(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()

    def run(self):
        """One connection, which the client keeps."""
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.port))
        self.connections = [client, server]
        threading.Thread(target=self.pump, args=(server, client), daemon=True).start()
        while not self.stalled.is_set():
            self.forward(client, server)

    @staticmethod
    def pump(source, sink):
        """What the store answers."""
        try:
            while block := source.recv(65536):
                sink.sendall(block)
        except OSError:
            pass

    def forward(self, client, server):
        """One request."""
        reader = client.makefile("rb", buffering=0)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += reader.read(1)
        length = re.search(rb"content-length: (\d+)", head, re.I)
        body = reader.read(int(length[1])) if length else b""
        self.left -= bool(length)
        if self.left > 0:
            server.sendall(head + body)
            return
        server.sendall((head + body)[:int(self.part * len(head + body))])
        self.stalled.set()

    def close(self):
        """Both ends of everything."""
        for connection in [self.listener, *self.connections]:
            connection.close()


def kill_while_publishing(publisher, destination, proxy):
    """kill -9 when the proxy lets nothing more through."""
    upload = publisher.mintmark.popen("publish", destination, "--endpoint", proxy.url, "-c", publisher.config,
                                      env={**os.environ, **publisher.env})
    try:
        assert proxy.stalled.wait(10 * harness.PATIENCE)
    finally:
        upload.send_signal(signal.SIGKILL)
        upload.wait()
        proxy.close()


@pytest.mark.parametrize("number, changed", [(1, []), (2, [JWKS])], ids=["jwks", "discovery"])
def test_a_killed_upload_leaves_whole_documents(publisher, s3rver, number, changed):
    """Killed before the Nth object is sent: what is not written yet is the old one, and what is, the new one."""
    destination = f"s3://oidc/killed-{number}"
    publisher.publish(destination, "--endpoint", s3rver.url)
    old = publisher.documents()
    publisher.change()
    new = publisher.documents()
    kill_while_publishing(publisher, destination, Stall(s3rver.port, number, 0))
    assert bodies(s3rver, f"killed-{number}") == {path: (new if path in changed else old)[path] for path in old}
    publisher.publish(destination, "--endpoint", s3rver.url)
    assert bodies(s3rver, f"killed-{number}") == new != old


# ---- a store of our own ----------------------------------------------------------------------------------------------
FAKE_KEYS = {"AWS_ACCESS_KEY_ID": fakes3.KEY_ID, "AWS_SECRET_ACCESS_KEY": fakes3.SECRET}


@pytest.fixture
def store():
    """A fake S3."""
    with fakes3.FakeS3() as fake:
        yield fake


@pytest.fixture
def client(publisher, store):
    """A publisher with its credentials: client("s3://oidc")."""
    publisher.env |= {**FAKE_KEYS, "AWS_ENDPOINT_URL_S3": store.url}
    return publisher


def marks(store):
    """The revisions in the bucket, by the paths of the documents."""
    return {key: int(headers["x-amz-meta-mintmark-revision"]) for key, (_, headers) in store.objects.items()}


def on_put(answer, times=1, key=JWKS):
    """A hook: what becomes of the first few attempts to write the object. `answer` may be a function that answers."""
    left = [times]

    def hook(request):
        if request.method != "PUT" or request.key != key or left[0] == 0:
            return None
        left[0] -= 1
        return answer() if callable(answer) else answer
    return hook


def test_the_jwks_is_written_first_and_only_where_nothing_is(client, store):
    client.publish("s3://oidc")
    assert store.puts() == [JWKS, DISCOVERY]
    assert [request.headers["if-none-match"] for request in store.requests if request.method == "PUT"] == ["*", "*"]
    client.change()
    client.publish("s3://oidc")
    assert "if-match" in store.requests[-1].headers
    assert {key: body for key, (body, _) in store.objects.items()} == client.documents()


def test_temporary_credentials_over_tls(publisher, ca, tmp_path):
    certificate, key = ca.issue()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    (tmp_path / "credentials").write_text(
        f"[mint]\naws_access_key_id = {fakes3.KEY_ID}\naws_secret_access_key = {fakes3.SECRET}\n"
        "aws_session_token = FwoGZXIvYXdzEXAMPLE//////////wEaD==\n")
    with fakes3.FakeS3(token="FwoGZXIvYXdzEXAMPLE//////////wEaD==", region="eu-central-2", tls=tls) as store:
        (tmp_path / "config").write_text(
            f"[profile mint]\nregion = eu-central-2\nca_bundle = {ca.certificate}\nservices = here\n"
            f"[services here]\ns3 =\n  endpoint_url = {store.url}\n")
        profile = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "mint",
                   "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
                   "AWS_CONFIG_FILE": str(tmp_path / "config")}
        publisher.publish("s3://oidc", env=profile)
        assert marks(store) == {JWKS: 1, DISCOVERY: 1}
        result = publisher.publish("s3://oidc", env={**profile, "AWS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"},
                                   status=1)
        assert "certificate" in result.stderr


def test_an_upload_that_is_killed_within_a_document_changes_nothing(client, store):
    client.publish("s3://oidc")
    before = dict(store.objects)
    client.change()
    kill_while_publishing(client, "s3://oidc", Stall(store.server_port, 1, 0.9))
    assert store.objects == before


def test_of_two_publishers_the_older_one_does_not_win(client, store):
    """The older one has looked and loaded, and sleeps before it writes; then it finds the newer one's, and says so."""
    client.publish("s3://oidc")
    client.change()
    shutil.copytree(client.folder / "issuer", client.folder / "backup")
    reached, go_on = threading.Event(), threading.Event()

    def sleep():
        reached.set()
        go_on.wait(20)
    store.hook = on_put(sleep)
    slow = client.mintmark.popen("publish", "s3://oidc", "-c", client.folder / "backup/mintmark.yaml", text=True,
                                 env={**os.environ, **client.env}, stderr=subprocess.PIPE)
    assert reached.wait(10 * harness.PATIENCE)
    revision = client.change()
    client.publish("s3://oidc")
    documents = dict(store.objects)
    go_on.set()
    assert slow.wait(20) == 1
    assert f"is of revision {revision}, and this key set is at {revision - 1}" in slow.stderr.read()
    assert store.objects == documents and set(marks(store).values()) == {revision}


def test_who_is_overtaken_with_the_same_store_publishes_what_is_newest(client, store):
    """The key set is loaded again in each round, so that being slow is no failure."""
    client.publish("s3://oidc")
    client.change()
    revisions = []

    def overtake():
        revisions.append(client.change())
        return fakes3.error("PreconditionFailed")
    store.hook = on_put(overtake)
    client.publish("s3://oidc")
    assert set(marks(store).values()) == set(revisions)


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "OperationAborted", "SlowDown", "cut"])
def test_what_passes_is_tried_again(client, store, code):
    store.hook = on_put(("cut", {}, b"") if code == "cut" else fakes3.error(code))
    assert client.publish("s3://oidc").stderr == ""
    assert store.puts() == [JWKS, JWKS, DISCOVERY] and len(store.objects) == 2


def test_a_put_whose_answer_was_lost_is_found_to_be_done(client, store):
    def lose():
        store.put(store.requests[-1])
        return "cut", {}, b""
    store.hook = on_put(lose)
    assert client.publish("s3://oidc").stderr == ""
    assert marks(store) == {JWKS: 1, DISCOVERY: 1}


def test_a_store_that_is_always_overtaken_or_busy_is_given_up(client, store):
    store.hook = on_put(fakes3.error("PreconditionFailed"), times=100)
    result = client.publish("s3://oidc", status=1)
    assert "others publish there at the same time; gave up after 5 attempts" in result.stderr
    store.hook = on_put(fakes3.error("SlowDown"), times=100)
    result = client.publish("s3://oidc", status=1)
    assert "the store answers 503 SlowDown: Please reduce your request rate." in result.stderr


@pytest.mark.parametrize("answer", [
    fakes3.error("NotImplemented", more="<Header>If-None-Match</Header>"),
    fakes3.error("InvalidArgument", 400, "Unsupported header 'If-None-Match' received for this API call."),
], ids=["501", "400"])
def test_a_store_without_conditional_writes_is_written_with_a_warning(client, store, answer):
    store.hook = lambda request: answer if {"if-match", "if-none-match"} & set(request.headers) else None
    result = client.publish("s3://oidc")
    assert len(store.objects) == 2
    assert result.stderr.count("warning: s3://oidc: the store does not know conditional writes") == 1


@pytest.mark.parametrize("answer, said", [
    (fakes3.error("PermanentRedirect", 301, "The bucket you are attempting to access must be addressed using the "
                  "specified endpoint.", {"Location": "http://127.0.0.1:1/", "x-amz-bucket-region": "eu-west-1"}),
     "the bucket is in region eu-west-1, not in us-east-1: say so (--region, s3.region, AWS_REGION)"),
    (fakes3.error("TemporaryRedirect", 307, "Please re-send this request to the specified temporary endpoint.",
                  {"Location": "http://127.0.0.1:1/"}), "a redirect is not followed"),
    (fakes3.error("AccessDenied", message="Access \u202e\u001b[2J <b>&lt;&amp;&gt;</b>" + "x" * 1000000),
     "Access ????[2J <b><&></b>xxxx"),
    ((403, {}, b"x" * 3000000), "the store answers 403"),
], ids=["region", "redirect", "hostile", "huge"])
def test_a_refusal_is_told_and_nothing_is_followed(client, store, answer, said):
    store.hook = lambda request: answer if request.method == "PUT" else None
    result = client.publish("s3://oidc", status=1)
    assert said in result.stderr and len(result.stderr) < 700
    assert store.puts() == [JWKS]


def test_a_wrong_region_is_told_with_the_right_one(client, store):
    result = client.publish("s3://oidc", "--region", "eu-north-1", status=1)
    assert "the bucket is in region us-east-1, not in eu-north-1" in result.stderr
    assert len(store.requests) == 1


def test_what_may_not_be_listed_is_written_but_not_overwritten(client, store):
    """Without s3:ListBucket the answer for what is not there is 403 as well."""
    store.hidden = True
    client.publish("s3://oidc")
    assert marks(store) == {JWKS: 1, DISCOVERY: 1}
    store.hook = lambda request: fakes3.error("AccessDenied") if request.method == "GET" else None
    result = client.publish("s3://oidc", status=1)
    assert f"{JWKS} is there already, and may not be read: the credentials need s3:GetObject" in result.stderr
    store.objects = {key: (b"", {}) for key in store.objects}
    client.publish("s3://oidc", "--replace")
    assert marks(store) == {JWKS: 1, DISCOVERY: 1}


def foreign(body, **meta):
    """An object of somebody else."""
    return body, {f"x-amz-meta-mintmark-{name}": value for name, value in meta.items()}


OTHER = b'{"issuer":"https://other.example.com"}'


@pytest.mark.parametrize("objects, said", [
    ({JWKS: foreign(b"{}", issuer="https://other.example.com", revision="1")},
     f"{JWKS} is of issuer https://other.example.com, not of {ISSUER}"),
    ({DISCOVERY: foreign(OTHER)}, f"{DISCOVERY} is of issuer https://other.example.com, not of {ISSUER}"),
    ({JWKS: foreign(b"{}"), DISCOVERY: foreign(OTHER)}, f"{JWKS} is of issuer https://other.example.com"),
    ({JWKS: foreign(b"{}")}, f"{JWKS} is there already, and is not of mintmark"),
    ({DISCOVERY: foreign(b"\x00" * 3000000)}, f"{DISCOVERY} is there already, and is not of mintmark"),
    ({JWKS: foreign(b"{}", issuer=ISSUER, revision="-1")}, f'{JWKS} is marked with revision "-1", which is none'),
    ({DISCOVERY: foreign(b"{}", issuer=ISSUER, revision="9")}, f"{DISCOVERY} is of revision 9"),
], ids=["marked", "discovery", "beside", "unknown", "huge", "number", "newer-discovery"])
def test_the_documents_of_others_are_not_overwritten(client, store, objects, said):
    store.objects = dict(objects)
    result = client.publish("s3://oidc", status=1)
    assert said in result.stderr and "--replace" in result.stderr
    assert store.objects == objects and store.puts() == []
    client.publish("s3://oidc", "--replace")
    assert marks(store) == {JWKS: 1, DISCOVERY: 1}


def test_documents_that_were_put_there_by_hand_are_taken_over(client, store):
    store.objects = {JWKS: (client.documents()[JWKS], {}), DISCOVERY: (client.documents()[DISCOVERY], {})}
    client.publish("s3://oidc")
    assert marks(store) == {JWKS: 1, DISCOVERY: 1}


# ---- several, and the delivery ---------------------------------------------------------------------------------------
def test_all_destinations_are_tried_and_each_result_is_told(client, store, tmp_path):
    (tmp_path / "file").touch()
    arguments = [tmp_path / "www", tmp_path / "file", "s3://oidc/x", "s3://no-such-bucket", "-o", "json"]
    result = client.publish(*arguments, status=1)
    www, file, bucket, missing = json.loads(result.stdout)["destinations"]
    assert www["revision"] == bucket["revision"] == 1 and www["jwks"]["written"] and bucket["discovery"]["written"]
    assert file["error"]["code"] == "io" and missing["error"]["code"] == "not-found"
    assert result.stderr.splitlines()[-1] == "mintmark: 2 of 4 destinations failed"
    assert str(tmp_path / "file") in result.stderr and "NoSuchBucket" in result.stderr
    assert set(store.objects) == {f"x/{JWKS}", f"x/{DISCOVERY}"}


def test_keys_wait_until_all_configured_destinations_have_them(client, store, tmp_path):
    config = client.config.read_text() + f"publish: [s3://oidc, {tmp_path / 'www'}]\n"
    client.config.write_text(config)
    imported = client.change()
    assert "awaits_delivery" in (client.folder / "issuer/data/keyset.json").read_text()
    store.hook = on_put(fakes3.error("AccessDenied"), times=100)
    failed = client.publish(status=1)
    assert "1 of 2 destinations failed; until all have the documents, no new key's wait begins" in failed.stderr
    assert "awaits_delivery" in (client.folder / "issuer/data/keyset.json").read_text()
    store.hook = None
    answer = json.loads(client.publish("-o", "json").stdout)
    assert [row["destination"] for row in answer["destinations"]] == ["s3://oidc", str(tmp_path / "www")]
    assert {event["event"] for event in answer["delivery"]["events"]} == {"delivered"}
    assert answer["delivery"]["revision"] == imported + 1
    again = json.loads(client.publish("-o", "json").stdout)
    assert again["delivery"] is None and {row["revision"] for row in again["destinations"]} == {imported + 1}


def test_named_destinations_are_no_delivery(client, store):
    client.config.write_text(client.config.read_text() + "publish: [s3://oidc]\n")
    client.change()
    client.publish("s3://oidc")
    assert len(store.objects) == 2
    assert "awaits_delivery" in (client.folder / "issuer/data/keyset.json").read_text()


# ---- the command line ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, env, status, said", [
    (["s3://oidc"], {"AWS_ACCESS_KEY_ID": ""}, 2, "AWS_SECRET_ACCESS_KEY is there without AWS_ACCESS_KEY_ID"),
    (["s3://oidc"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, "no credentials: "),
    (["s3://oidc"], {}, 2, "in which region? Nothing says so: not --region, s3.region, AWS_REGION or the profile"),
    (["s3://UPPER"], {}, 2, "publish: "),
    (["gs://oidc"], {}, 2, "expected s3://BUCKET"),
    (["s3://oidc", "--endpoint", "http://192.0.2.1"], {}, 2, "http is for loopback hosts alone"),
    (["s3://oidc", "--region", "a b"], {}, 2, "no name of a region"),
    ([""], {}, 2, "an empty destination"),
    ([], {}, 2, "no destination, and the configuration names none"),
], ids=["half", "none", "region", "bucket", "scheme", "endpoint", "bad-region", "empty", "nothing"])
def test_what_is_missing_or_wrong_is_said_before_anything_is_asked(publisher, arguments, env, status, said):
    result = publisher.publish(*arguments, status=status, env=env)
    assert said in result.stderr and result.stdout == ""


def test_a_directory_of_another_issuer_is_not_overwritten(publisher, tmp_path):
    place = tmp_path / "www/id/prod" / DISCOVERY
    place.parent.mkdir(parents=True)
    place.write_bytes(OTHER)
    result = publisher.publish(tmp_path / "www", status=1)
    assert f"{place} is of issuer https://other.example.com, not of {ISSUER}" in result.stderr
    assert place.read_bytes() == OTHER
    publisher.publish(tmp_path / "www", "--replace")
    assert place.read_bytes() == publisher.documents()[DISCOVERY]
