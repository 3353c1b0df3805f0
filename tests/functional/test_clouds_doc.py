# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/clouds.md are run as they stand there, and what it says of the clouds is what the program says."""
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

import harness

TEXT = (harness.SOURCE_DIR / "docs/clouds.md").read_text()


def example(name):
    return re.search(rf"^<!-- test: {name} -->\n```\w+\n(.*?)^```$", TEXT, re.M | re.S).group(1)


@pytest.fixture
def shell(mintmark, tmp_path):
    """Runs a script in an empty folder, with the program on the PATH, up to the first command that fails."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/mintmark").symlink_to(mintmark.path)
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}

    def run(script):
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment,
                                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                                timeout=60 * harness.PATIENCE)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run


@pytest.fixture(scope="module")
def made(mintmark, tmp_path_factory):
    """An issuer: making RSA keys takes longer than all that is tried with them."""
    folder = tmp_path_factory.mktemp("made")
    mintmark("init", "--issuer", "https://oidc.example.com/id/prod", "--dir", folder / "issuer")
    return folder / "issuer"


@pytest.fixture
def issuer(made, tmp_path):
    shutil.copytree(made, tmp_path / "issuer")
    return "export MINTMARK_CONFIG=$PWD/issuer/mintmark.yaml\n"


def test_from_nothing_to_a_role(shell, tmp_path):
    answer = shell(example("aws"))
    assert "\nallowed\n" in answer
    assert "aws iam create-open-id-connect-provider" in (tmp_path / "register-aws.sh").read_text()
    [statement] = json.loads((tmp_path / "trust-policy.json").read_text())["Statement"]
    assert statement["Condition"]["StringEquals"]["oidc.example.com/id/prod:sub"] == "system:serviceaccount:shop:backup"
    account = yaml.safe_load((tmp_path / "service-account.yaml").read_text())
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].endswith(":role/shop-backup")
    assert (tmp_path / "site/id/prod/.well-known/openid-configuration").exists()


@pytest.mark.parametrize("name", ["register", "trust"])
def test_each_line_does_what_it_says(shell, issuer, name):
    for line in example(name).replace("\\\n", "").splitlines():
        assert shell(issuer + line), line


def test_the_jwks_is_uploaded_as_it_is_registered(shell, issuer, tmp_path):
    shell(issuer + example("gcp"))
    assert "--jwk-json-path=jwks.json" in (tmp_path / "gcp/register-gcp.sh").read_text()
    assert json.loads((tmp_path / "gcp/jwks.json").read_text()) == json.loads(
        shell(issuer + "mintmark register gcp --form jwks"))
    assert json.loads((tmp_path / "credentials.json").read_text())["type"] == "external_account"


def test_the_publisher_may_do_what_it_does_and_no_more(shell, issuer):
    [statement] = json.loads(example("bucket"))["Statement"]
    paths = [line.split()[0].removeprefix("site/") for line in shell(issuer + "mintmark publish site").splitlines()]
    assert statement["Resource"] == [f"arn:aws:s3:::oidc-example-com/{path}" for path in paths]
    assert statement["Action"] == ["s3:GetObject", "s3:PutObject"]


def test_the_options_of_the_example_are_options(shell, issuer, tmp_path):
    [text] = re.findall(r"^```yaml\n(publish:.*?)^```$", TEXT, re.M | re.S)
    config = tmp_path / "issuer/mintmark.yaml"
    config.write_text(config.read_text() + text)
    assert shell(issuer + "mintmark key list")


def test_what_is_said_of_metrics_is_served(served):
    page = served.get("/metrics", admin=True).body.decode()
    for name in set(re.findall(r"\bmintmark_[a-z_]+", TEXT)):
        assert f"\n{name}" in page, name
