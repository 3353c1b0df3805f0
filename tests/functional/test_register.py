# SPDX-License-Identifier: Apache-2.0
"""Registration artefacts, each read by a parser of its own kind: what comes out is what was asked for."""
import hashlib
import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading

import pytest
import yaml

import harness

ISSUER = "https://oidc.example.com/id/prod"
NAME = ISSUER.removeprefix("https://")
ACCOUNT = "123456789012"
HEX = "0123456789abcdef0123456789abcdef01234567"
# What means something to a shell, to Terraform, to JSON or to the clouds' command lines.
HOSTILE = ["it's", '"quoted"', "$(touch pwned)", "`touch pwned`", "${var.x}", "%{ if true }", "$${x}", "back\\slash",
           "two\nlines", "tab\tand \x7f", "a,b;c", "-dash", "file:///etc/passwd", "https://sts.example", "[1]",
           "{\"a\":1}", "ünï©ode", " ", "#", "*", "~", "a=b", "!x", "\n# aws iam delete-role"]
SUBJECTS = ["system:serviceaccount:prod:app", "system:serviceaccount:prod:worker.v2"]
ACCOUNTS = ["--service-account", "prod/app", "--service-account", "prod/worker.v2"]
GCP_ACCOUNT = "app@project.iam.gserviceaccount.com"


def flags(name, values):
    return [f"--{name}={value}" for value in values]


@pytest.fixture(scope="module")
def make(mintmark, tmp_path_factory):
    """Makes an issuer in a folder of its own; returns a function that runs `register` for it."""
    def make_one(issuer=ISSUER, algorithm="RS256", changes=None):
        folder = tmp_path_factory.mktemp("issuer") / "i"
        mintmark("init", "--issuer", issuer, "--dir", folder, "--algorithm", algorithm)
        path = folder / "mintmark.yaml"
        path.write_text(yaml.safe_dump(harness.merge(yaml.safe_load(path.read_text()), changes or {})))

        def register(*arguments, **options):
            return mintmark("register", *arguments, "-c", path, **options)
        register.path = path
        return register
    return make_one


@pytest.fixture(scope="module")
def register(make):
    """An issuer that every cloud takes, with annotated accounts."""
    def account(name, **annotations):
        return {"namespace": "prod", "name": name, "annotations": annotations}
    return make(changes={"service_accounts": [
        account("a", **{"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/team/shared",
                        "azure.workload.identity/client-id": "client-a"}),
        account("b", **{"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/team/shared"}),
        account("c", **{"eks.amazonaws.com/role-arn": "arn:aws:iam::999999999999:role/elsewhere",
                        "iam.gke.io/gcp-service-account": GCP_ACCOUNT}),
        account("d")]})


def files_of(result):
    return {file["name"]: file["content"] for file in json.loads(result.stdout)["files"]}


@pytest.fixture(scope="module")
def parsed(register):
    """What the parsers of node make of all artefacts that are for them: by form and name."""
    if not (harness.SOURCE_DIR / "tests/functional/node_modules/cfn-lint").is_dir() or not shutil.which("node"):
        pytest.skip("node or its packages are missing: npm ci in tests/functional")
    roles = ["--role", "team/app", *ACCOUNTS]
    hostile = flags("audience", HOSTILE)
    gcp = ["gcp", "--form", "terraform", *ACCOUNTS, "--gcp-service-account", GCP_ACCOUNT, "--upload-jwks"]
    azure = ["azure", "--form", "terraform", *ACCOUNTS]
    template = ["aws", "--form", "cloudformation", *roles, "--thumbprint", HEX]
    texts = {
        "hcl": {
            "aws": register("aws", "--form", "terraform", *roles, *hostile, "--thumbprint", HEX).stdout,
            "gcp": register(*gcp, *flags("audience", HOSTILE[:10])).stdout,
            "identity": register(*azure, "--identity", HOSTILE[4], "--resource-group", HOSTILE[1]).stdout,
            "application": register(*azure, "--application", "the-client", "--audience", HOSTILE[5]).stdout,
        },
        "cloudformation": {"plain": register(*template).stdout, "hostile": register(*template, *hostile).stdout},
        "jwks": {"rsa": register("gcp", "--form", "jwks").stdout},
    }
    answer = subprocess.run(["node", harness.SOURCE_DIR / "tests/functional/artefacts.mjs"], input=json.dumps(texts),
                            capture_output=True, text=True, check=False, timeout=60 * harness.PATIENCE)
    assert answer.returncode == 0, answer.stderr
    return {form: {name: (texts[form][name], what) for name, what in answers.items()}
            for form, answers in json.loads(answer.stdout).items()}


# ---- shell scripts ---------------------------------------------------------------------------------------------------
@pytest.fixture
def run_script(tmp_path):
    """Runs a script in a real shell, in which the clouds' programs only write down how they were called."""
    for name in ("aws", "gcloud", "az"):
        (tmp_path / name).write_text('#!/bin/sh\n{ printf "%s\\0" "${0##*/}" "$@"; printf "\\1"; } >>"$CALLS"\n')
        (tmp_path / name).chmod(0o755)

    def run(text):
        calls = tmp_path / "calls"
        calls.write_bytes(b"")
        (tmp_path / "script.sh").write_text(text)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        done = subprocess.run(["sh", tmp_path / "script.sh"], cwd=work, capture_output=True, text=True, check=False,
                              env={"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(calls)})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert list(work.iterdir()) == [], "nothing in the values was run"
        return [call.decode().split("\0")[:-1] for call in calls.read_bytes().split(b"\1")[:-1]]
    return run


def uncommented(script):
    """The commands that stand in comments, as somebody gets them who takes the signs away."""
    lines = [line.removeprefix("# ") for line in script.splitlines() if line.startswith("# ")]
    return "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith("aws ")):]) + "\n"


@pytest.fixture(scope="module")
def iam():
    """botocore's model of IAM: checks a call's input, and that of a command line."""
    session = pytest.importorskip("botocore.session")
    botocore, validate = pytest.importorskip("botocore"), pytest.importorskip("botocore.validate")
    model = session.get_session().get_service_model("iam")

    class Iam:
        @staticmethod
        def check(operation, given):
            # IAM has found thumbprints out by itself since July 2024, which Debian 12's model does not know.
            shape = model.operation_model(operation).input_shape
            assumed = {"ThumbprintList": []} if "ThumbprintList" in shape.required_members else {}
            report = validate.ParamValidator().validate({**assumed, **given}, shape)
            assert not report.has_errors(), report.generate_report()
            return given

        @staticmethod
        def parse(argv):
            """The operation and input of a command line, as the AWS CLI maps it."""
            operations = {botocore.xform_name(name, "-"): name for name in model.operation_names}
            assert argv[:2] == ["aws", "iam"]
            operation = operations[argv[2]]
            members = model.operation_model(operation).input_shape.members
            names = {"--" + botocore.xform_name(name, "-"): name for name in members}
            given, rest = {}, argv[3:]
            while rest:
                flag, *rest = rest
                values = []
                while rest and not rest[0].startswith("-"):
                    values.append(rest.pop(0))
                if flag == "--cli-input-json":
                    given.update(json.loads(values[0]))
                    continue
                assert names[flag] == "Url" or not any("://" in value or value[0] in "[{" for value in values
                                                       if names[flag] != "AssumeRolePolicyDocument")
                given[names[flag]] = values if members[names[flag]].type_name == "list" else values[0]
            return operation, Iam.check(operation, given)
    return Iam


def assert_trusts(policy, federated, audiences):
    """What the EKS user guide asks of the trust policy of a role for service accounts."""
    statement, = policy["Statement"]
    assert (policy["Version"], statement["Effect"]) == ("2012-10-17", "Allow")
    assert statement["Principal"] == {"Federated": federated}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert list(statement["Condition"]) == ["StringEquals"]
    condition = statement["Condition"]["StringEquals"]
    # In a policy ${…} is a variable, and ${$} a dollar sign.
    escaped = [audience.replace("${", "${$}{") for audience in audiences]
    assert condition == {f"{NAME}:aud": escaped if len(escaped) > 1 else escaped[0], f"{NAME}:sub": SUBJECTS}


# ---- AWS -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("audiences", [["sts.amazonaws.com"], ["sts.amazonaws.com", "other"], HOSTILE],
                         ids=["usual", "two", "hostile"])
def test_aws_commands_call_iam_with_what_was_asked_for(register, run_script, iam, audiences):
    script = register("aws", *ACCOUNTS, "--role", "team/app", "--account-id", ACCOUNT, "--thumbprint", HEX,
                      *flags("audience", audiences)).stdout
    calls = [iam.parse(call) for call in run_script(script)]
    assert calls[0] == ("CreateOpenIDConnectProvider",
                        {"Url": ISSUER, "ClientIDList": audiences, "ThumbprintList": [HEX]})
    (operation, role), = calls[1:]
    assert (operation, role["RoleName"], role["Path"]) == ("CreateRole", "app", "/team/")
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{NAME}"
    assert_trusts(json.loads(role["AssumeRolePolicyDocument"]), arn, audiences)
    comments = re.search(r"^# If it is there already.*?(?=^\n#)", script, re.M | re.S).group()
    changes = [iam.parse(call) for call in run_script(uncommented(comments))]
    *added, updated = changes
    assert added == [("AddClientIDToOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn, "ClientID": audience})
                     for audience in audiences]
    assert updated == ("UpdateOpenIDConnectProviderThumbprint",
                       {"OpenIDConnectProviderArn": arn, "ThumbprintList": [HEX]})


def test_aws_without_anything_registers_the_provider_alone(register, run_script, iam):
    result = register("aws")
    assert [iam.parse(call) for call in run_script(result.stdout)] == [
        ("CreateOpenIDConnectProvider", {"Url": ISSUER, "ClientIDList": ["sts.amazonaws.com"]})]
    assert "aws.thumbprint-none" in result.stderr and "ACCOUNT_ID" in result.stdout


def test_an_audience_that_is_named_twice_is_registered_once(register):
    twice = ["--audience", "sts.amazonaws.com", "--audience", "sts.amazonaws.com"]
    assert json.loads(register("aws", "--form", "json", *twice).stdout)["ClientIDList"] == ["sts.amazonaws.com"]


@pytest.mark.parametrize("audiences", [["sts.amazonaws.com"], HOSTILE], ids=["usual", "hostile"])
def test_aws_inputs_are_what_the_service_model_says(register, iam, audiences):
    files = files_of(register("aws", "--form", "files", *ACCOUNTS, "--role", "app", "--account-id", ACCOUNT,
                              "--partition", "aws-cn", *flags("audience", audiences), "-o", "json"))
    assert list(files) == ["01-iam-identity-provider.json", "02-0-app-role.json"]
    provider, role = (json.loads(text) for text in files.values())
    assert iam.check("CreateOpenIDConnectProvider", provider) == {"Url": ISSUER, "ClientIDList": audiences}
    assert iam.check("CreateRole", role)["RoleName"] == "app"
    arn = f"arn:aws-cn:iam::{ACCOUNT}:oidc-provider/{NAME}"
    assert_trusts(json.loads(role["AssumeRolePolicyDocument"]), arn, audiences)


def test_aws_json_prints_the_one_file(register, iam):
    iam.check("CreateOpenIDConnectProvider", json.loads(register("aws", "--form", "json").stdout))


def literal(value):
    """Terraform's JSON syntax, in which every string is a template, made plain."""
    if isinstance(value, str):
        return value.replace("$${", "${").replace("%%{", "%{")
    return [literal(element) for element in value]


def test_aws_terraform_is_parsed_by_hashicorps_parser(parsed):
    _, found = parsed["hcl"]["aws"]
    provider, = found["resource"]["aws_iam_openid_connect_provider"]["mintmark"]
    assert provider == {"url": ISSUER, "client_id_list": provider["client_id_list"], "thumbprint_list": [HEX]}
    assert literal(provider["client_id_list"]) == HOSTILE
    role, = found["resource"]["aws_iam_role"]["role_team_app"]
    assert role == {"name": "app", "path": "/team/",
                    "assume_role_policy": "${data.aws_iam_policy_document.role_team_app.json}"}
    document, = found["data"]["aws_iam_policy_document"]["role_team_app"]
    statement, = document["statement"]
    assert statement["actions"] == ["sts:AssumeRoleWithWebIdentity"]
    assert statement["principals"] == [{"type": "Federated",
                                        "identifiers": ["${aws_iam_openid_connect_provider.mintmark.arn}"]}]
    aud, sub = statement["condition"]
    assert (aud["test"], aud["variable"]) == ("StringEquals", f"{NAME}:aud")
    assert literal(aud["values"]) == [audience.replace("${", "${$}{") for audience in HOSTILE]
    assert sub == {"test": "StringEquals", "variable": f"{NAME}:sub", "values": SUBJECTS}


@pytest.mark.parametrize("name", ["aws", "gcp", "identity", "application"])
def test_terraform_is_laid_out_as_its_own_formatter_does(parsed, name):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    text, _ = parsed["hcl"][name]
    formatted = subprocess.run(["terraform", "fmt", "-"], input=text, capture_output=True, text=True, check=True)
    assert formatted.stdout.endswith(text)


@pytest.mark.parametrize("name,audiences", [("plain", ["sts.amazonaws.com"]), ("hostile", HOSTILE)],
                         ids=["plain", "hostile"])
def test_aws_cloudformation_has_nothing_that_a_linter_minds(parsed, name, audiences):
    text, errors = parsed["cloudformation"][name]
    assert errors == {"info": [], "warn": [], "crit": []}
    resources = json.loads(text)["Resources"]
    provider = resources["OidcProvider"]["Properties"]
    assert provider == {"Url": ISSUER, "ClientIdList": audiences, "ThumbprintList": [HEX]}
    role = resources["Roleapp"]["Properties"]
    assert (role["RoleName"], role["Path"]) == ("app", "/team/")
    assert_trusts(role["AssumeRolePolicyDocument"], {"Ref": "OidcProvider"}, audiences)


def test_two_roles_whose_names_differ_in_signs_alone_are_two_resources(make):
    def account(name, role):
        return {"namespace": "prod", "name": name,
                "annotations": {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}}
    register = make(algorithm="ES256", changes={"service_accounts": [account("a", "app.1"), account("b", "app-1")]})
    template = json.loads(register("aws", "--form", "cloudformation", "--all-accounts", "--account-id", ACCOUNT).stdout)
    roles = [row["Properties"]["RoleName"] for row in template["Resources"].values() if row["Type"] == "AWS::IAM::Role"]
    assert roles == ["app.1", "app-1"]


def test_all_accounts_are_those_of_the_annotations_in_this_account(register, run_script, iam):
    result = register("aws", "--all-accounts", "--account-id", ACCOUNT)
    (_, role), = [iam.parse(call) for call in run_script(result.stdout)][1:]
    assert (role["RoleName"], role["Path"]) == ("shared", "/team/")
    policy = json.loads(role["AssumeRolePolicyDocument"])
    assert policy["Statement"][0]["Condition"]["StringEquals"][f"{NAME}:sub"] == [
        "system:serviceaccount:prod:a", "system:serviceaccount:prod:b"]
    assert re.search(r"^warn +aws.role-elsewhere +prod/c: arn:aws:iam::9{12}:role/elsewhere", result.stderr, re.M)


class Discovery(http.server.BaseHTTPRequestHandler):
    """Answers with a discovery document whose jwks_uri is on the same host."""

    def do_GET(self):
        body = json.dumps({"issuer": "https://localhost", "jwks_uri": "https://localhost/openid/v1/jwks"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_thumbprint_is_that_of_the_last_certificate_that_is_served(make, ca, run_script, iam, tmp_path):
    register = make("https://localhost", "ES256")
    certificate, key = ca.issue()
    chain = tmp_path / "chain.pem"
    chain.write_text(certificate.read_text() + ca.certificate.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        script = register("aws", "--fetch-thumbprint", "--connect", f"127.0.0.1:{server.server_port}").stdout
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    _, given = iam.parse(run_script(script)[0])
    last = ssl.PEM_cert_to_DER_cert(ca.certificate.read_text())
    assert given["ThumbprintList"] == [hashlib.sha1(last).hexdigest()]


# ---- Google Cloud ----------------------------------------------------------------------------------------------------
def parse_gcloud(argv):
    """Command words, positional arguments and flags; all flags are --name=value."""
    words = [word for word in argv[1:] if not word.startswith("--")]
    return words, dict(word[2:].split("=", 1) for word in argv[1:] if word.startswith("--"))


def gcloud_list(text):
    """`gcloud topic escaping`: ^DELIMITER^ at the beginning replaces the comma."""
    match = re.match(r"\^([^^]+)\^", text)
    return text[match.end():].split(match.group(1)) if match else text.split(",")


@pytest.mark.parametrize("audiences", [[], ["one"], ["a,b", "c"], HOSTILE[:10], HOSTILE[10:20]],
                         ids=["none", "one", "commas", "hostile", "more-hostile"])
def test_gcloud_commands_make_pool_provider_and_bindings(register, run_script, audiences):
    script = register("gcp", *ACCOUNTS, "--gcp-service-account", GCP_ACCOUNT, "--project", "it's",
                      "--project-number", "42", "--pool", "the-pool", "--provider", "the-provider",
                      *flags("audience", audiences)).stdout
    pool, provider, *bindings = [parse_gcloud(call) for call in run_script(script)]
    assert pool == (["iam", "workload-identity-pools", "create", "the-pool"], {"project": "it's", "location": "global"})
    words, given = provider
    assert words == ["iam", "workload-identity-pools", "providers", "create-oidc", "the-provider"]
    assert gcloud_list(given.pop("allowed-audiences")) == audiences if audiences else "allowed-audiences" not in given
    assert given == {"project": "it's", "location": "global", "workload-identity-pool": "the-pool",
                     "issuer-uri": ISSUER, "attribute-mapping": "google.subject=assertion.sub"}
    pool_name = "iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/the-pool"
    members = [f"principal://{pool_name}/subject/{subject}" for subject in SUBJECTS]
    assert bindings == [(["iam", "service-accounts", "add-iam-policy-binding", GCP_ACCOUNT],
                         {"project": "it's", "role": "roles/iam.workloadIdentityUser", "member": member})
                        for member in members]


def test_the_uploaded_jwks_is_beside_the_command_that_names_it(register, run_script, tmp_path):
    result = register("gcp", "--upload-jwks", "--output-dir", tmp_path / "out")
    assert result.stdout == f"{tmp_path}/out/register-gcp.sh written\n{tmp_path}/out/jwks.json written\n"
    assert "gcp.jwks-uploaded" in result.stderr
    provider = run_script((tmp_path / "out/register-gcp.sh").read_text())[1]
    assert parse_gcloud(provider)[1]["jwk-json-path"] == "jwks.json"
    assert (tmp_path / "out/jwks.json").read_text() == register("gcp", "--form", "jwks").stdout


def test_the_uploaded_jwks_has_what_google_takes_and_no_more(parsed):
    text, kinds = parsed["jwks"]["rsa"]
    keys = json.loads(text)["keys"]
    assert kinds == ["public"] * len(keys) and keys
    for key in keys:
        assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")


def test_gcp_terraform_is_parsed_by_hashicorps_parser(parsed):
    _, found = parsed["hcl"]["gcp"]
    pool, = found["resource"]["google_iam_workload_identity_pool"]["mintmark"]
    assert pool == {"workload_identity_pool_id": "mintmark"}
    provider, = found["resource"]["google_iam_workload_identity_pool_provider"]["mintmark"]
    oidc, = provider.pop("oidc")
    assert provider == {
        "workload_identity_pool_id": "${google_iam_workload_identity_pool.mintmark.workload_identity_pool_id}",
        "workload_identity_pool_provider_id": "mintmark", "attribute_mapping": {"google.subject": "assertion.sub"}}
    assert literal(oidc["allowed_audiences"]) == HOSTILE[:10] and oidc["issuer_uri"] == ISSUER
    assert json.loads(oidc["jwks_json"]) == json.loads(parsed["jwks"]["rsa"][0])
    members = found["resource"]["google_service_account_iam_member"]
    assert [row[0]["member"] for row in members.values()] == [
        f"principal://iam.googleapis.com/${{google_iam_workload_identity_pool.mintmark.name}}/subject/{subject}"
        for subject in SUBJECTS]
    assert members["account_prod_app"][0]["service_account_id"] == f"projects/-/serviceAccounts/{GCP_ACCOUNT}"


def test_the_credential_configuration_is_that_of_googles_libraries(register):
    """AIP-4117, and `gcloud iam workload-identity-pools create-cred-config --credential-source-file`."""
    config = json.loads(register("gcp", "--form", "credentials", "--project-number", "42", "--all-accounts",
                                 "--token-file", '/run/"it\'s"').stdout)
    pool_name = "projects/42/locations/global/workloadIdentityPools/mintmark"
    assert config == {
        "universe_domain": "googleapis.com", "type": "external_account",
        "audience": f"//iam.googleapis.com/{pool_name}/providers/mintmark",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": '/run/"it\'s"', "format": {"type": "text"}},
        "service_account_impersonation_url":
            f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{GCP_ACCOUNT}:generateAccessToken"}


# ---- Azure -----------------------------------------------------------------------------------------------------------
def assert_is_credential(name, subject):
    """Graph: 3 to 120 letters, digits, hyphens and underscores, the first no sign."""
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}", name) and subject in SUBJECTS


@pytest.mark.parametrize("audience", ["api://AzureADTokenExchange", *HOSTILE[:12]],
                         ids=["usual", *(f"hostile-{i}" for i in range(12))])
def test_az_commands_for_applications_carry_the_credential_as_json(register, run_script, audience):
    calls = run_script(register("azure", *ACCOUNTS, "--application", "it's", "--audience", audience).stdout)
    assert [call[:6] for call in calls] == [["az", "ad", "app", "federated-credential", "create", "--id=it's"]] * 2
    credentials = [json.loads(call[7]) for call in calls]
    assert [call[6] for call in calls] == ["--parameters"] * 2
    assert [credential["subject"] for credential in credentials] == SUBJECTS
    for credential in credentials:
        assert_is_credential(credential["name"], credential["subject"])
        assert set(credential) == {"name", "issuer", "subject", "audiences"}
        assert (credential["issuer"], credential["audiences"]) == (ISSUER, [audience])


def test_az_commands_for_identities_name_identity_and_group(register, run_script):
    calls = run_script(register("azure", *ACCOUNTS, "--identity", HOSTILE[2], "--resource-group", HOSTILE[1]).stdout)
    for call, subject in zip(calls, SUBJECTS, strict=True):
        given = dict(word[2:].split("=", 1) for word in call[4:])
        assert call[:4] == ["az", "identity", "federated-credential", "create"]
        assert_is_credential(given.pop("name"), subject)
        assert given == {"identity-name": HOSTILE[2], "resource-group": HOSTILE[1], "issuer": ISSUER,
                         "subject": subject, "audiences": "api://AzureADTokenExchange"}


def test_azure_terraform_is_parsed_by_hashicorps_parser(parsed):
    _, identity = parsed["hcl"]["identity"]
    source, = identity["data"]["azurerm_user_assigned_identity"]["mintmark"]
    assert [literal(source[name]) for name in ("name", "resource_group_name")] == [HOSTILE[4], HOSTILE[1]]
    rows = [row for row, in identity["resource"]["azurerm_federated_identity_credential"].values()]
    assert [row["subject"] for row in rows] == SUBJECTS
    assert rows[0] == {"user_assigned_identity_id": "${data.azurerm_user_assigned_identity.mintmark.id}",
                       "name": rows[0]["name"], "issuer": ISSUER, "subject": SUBJECTS[0],
                       "audience": ["api://AzureADTokenExchange"]}
    _, application = parsed["hcl"]["application"]
    assert application["data"]["azuread_application"]["account_prod_app"] == [{"client_id": "the-client"}]
    row, = application["resource"]["azuread_application_federated_identity_credential"]["account_prod_app"]
    assert row["application_id"] == "${data.azuread_application.account_prod_app.id}"
    assert literal(row["audiences"]) == [HOSTILE[5]]


# ---- what is refused -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def refused_issuers(make):
    """Issuers that some cloud would refuse, by what is wrong with them."""
    return {"port": make("https://oidc.example.com:8443", "ES256"), "http": make("http://127.0.0.1:8080", "ES256"),
            "EdDSA": make(algorithm="EdDSA"), "ES256": make(algorithm="ES256")}


@pytest.mark.parametrize("issuer,arguments,checks", [
    ("port", ["aws"], ["aws.issuer-port"]),
    ("http", ["aws"], ["aws.issuer-scheme", "aws.issuer-port"]),
    ("http", ["gcp"], ["gcp.issuer-scheme"]),
    ("EdDSA", ["aws"], ["aws.key-algorithm", "aws.signing-algorithm"]),
    ("EdDSA", ["gcp"], ["gcp.key-algorithm", "gcp.signing-algorithm"]),
    ("ES256", ["azure", "--service-account=a/b"], ["azure.key-algorithm", "azure.signing-algorithm"]),
], ids=lambda value: value if isinstance(value, str) else value[0])
def test_what_a_cloud_would_refuse_of_an_issuer_is_refused_by_name(refused_issuers, issuer, arguments, checks):
    result = refused_issuers[issuer](*arguments, status=1)
    assert result.stdout == ""
    assert re.findall(r"^fail +(\S+)", result.stderr, re.M) == checks
    assert "would refuse this" in result.stderr


def test_what_is_taken_elsewhere_is_not_refused(refused_issuers):
    assert refused_issuers["port"]("gcp").stdout and refused_issuers["ES256"]("aws").stdout


@pytest.mark.parametrize("arguments,check", [
    (["aws", *flags("audience", [f"a{i}" for i in range(101)])], "aws.audiences-count"),
    (["aws", "--audience", "a" * 256], "aws.audience-length"),
    (["aws", "--account-id", "1234"], "aws.account-id"),
    (["aws", "--thumbprint", HEX[1:]], "aws.thumbprint-form"),
    (["aws", *flags("thumbprint", [HEX] * 6)], "aws.thumbprints-count"),
    (["aws", "--service-account", "prod/app", "--role", "a b"], "aws.role-name"),
    (["aws", "--service-account", "prod/*", "--role", "app"], "account.name"),
    (["gcp", *flags("audience", [f"a{i}" for i in range(11)])], "gcp.audiences-count"),
    (["gcp", "--pool", "gcp-pool"], "gcp.pool-id"),
    (["gcp", "--service-account", f"prod/{'a' * 101}"], "gcp.subject-length"),
    (["azure", *flags("service-account", [f"prod/a{i}" for i in range(21)])], "azure.credentials-count"),
    (["azure", "--service-account", "prod/app", *flags("audience", "ab")], "azure.audiences-count"),
], ids=lambda value: value if isinstance(value, str) else value[0])
def test_what_a_cloud_would_refuse_of_the_rest_is_refused_by_name(register, arguments, check):
    result = register(*arguments, status=1)
    assert result.stdout == ""
    assert check in re.findall(r"^fail +(\S+)", result.stderr, re.M)


def test_a_refusal_is_an_object_for_programs(register):
    answer = json.loads(register("aws", "--account-id", "1", "-o", "json", status=1).stdout)
    assert (answer["cloud"], answer["form"], answer["issuer"], answer["files"]) == ("aws", "cli", ISSUER, [])
    assert {"check": "aws.account-id", "level": "fail"}.items() <= answer["findings"][0].items()


# ---- where it goes ---------------------------------------------------------------------------------------------------
def test_dry_run_writes_numbered_files_here_and_leaves_them_alone_when_they_are_right(register, tmp_path):
    arguments = ["aws", "--dry-run", *ACCOUNTS, "--role", "app", "--account-id", ACCOUNT]
    names = ["01-iam-identity-provider.json", "02-0-app-role.json"]
    assert register(*arguments, cwd=tmp_path).stdout == "".join(f"./{name} written\n" for name in names)
    assert register(*arguments, cwd=tmp_path).stdout == "".join(f"./{name} unchanged\n" for name in names)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    answer = json.loads(register(*arguments, "-o", "json", cwd=tmp_path).stdout)
    assert [file["written"] for file in answer["files"]] == [False, False]


@pytest.mark.parametrize("arguments,line", [
    (["aws", "--form", "files"], "--output-dir DIR is missing"),
    (["aws", "--form", "json", *ACCOUNTS, "--role", "app"], "these are 2 files"),
    (["aws", "--role", "app"], "--role needs --service-account"),
    (["aws", "--service-account", "a/b"], "--service-account needs --role"),
    (["aws", "--all-accounts"], "--all-accounts needs --account-id"),
    (["aws", "--connect", "::1"], "--connect needs --fetch-thumbprint"),
    (["aws", "--fetch-thumbprint", "--thumbprint", HEX], "cannot be combined"),
    (["aws", "--dry-run", "--form", "terraform"], "--dry-run is for the form files"),
    (["aws", "--form", "terrafrom"], "did you mean terraform?"),
    (["gcp", "--gcp-service-account", GCP_ACCOUNT], "needs --service-account"),
    (["azure"], "--service-account NAMESPACE/NAME is missing"),
    (["azure", "--service-account", "a/b", "--identity", "i"], "--resource-group is missing"),
    (["azure", "--service-account", "a/b", "--identity", "i", "--application", "a"], "cannot be combined"),
], ids=lambda value: value if isinstance(value, str) else value[0])
def test_command_lines_that_are_wrong_are_told_what_is(register, arguments, line):
    result = register(*arguments, status=2)
    assert result.stdout == "" and line in result.stderr


def test_text_that_is_not_utf8_is_refused(register):
    assert "not UTF-8" in register("aws", "--audience", b"\xff".decode("utf-8", "surrogateescape"), status=1).stderr
