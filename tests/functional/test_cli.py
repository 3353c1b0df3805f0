# SPDX-License-Identifier: Apache-2.0
"""The face of the program: help at every level, what it says of mistakes, where it says it, completion."""
import json
import os
import pty
import re
import shutil
import subprocess

import pytest

import harness


@pytest.fixture(scope="module")
def groups(tables):
    return [row["name"] for row in tables["commands"] if row["group"]]


# ---- help ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"]])
def test_help_of_the_program_lists_every_command_at_the_top(mintmark, tables, arguments):
    result = mintmark(*arguments)
    for row in tables["commands"]:
        listed = f"\n  {row['name']} " in result.stdout
        assert listed == (" " not in row["name"]), row["name"]
    assert result.stderr == ""


def test_help_of_a_group_lists_its_commands(mintmark, commands, groups):
    assert groups == ["token", "key", "register", "trust", "caller"]
    for group in groups:
        text = mintmark(group, "--help").stdout
        assert mintmark("help", group).stdout == text
        for name in commands:
            if name.startswith(group + " "):
                assert f"\n  {name.split()[1]} " in text


def test_help_of_a_command_shows_every_flag_and_fits_into_80_columns(mintmark, commands):
    for name, row in commands.items():
        text = mintmark(*name.split(), "--help").stdout
        assert text == mintmark("help", *name.split()).stdout
        assert f"\n  mintmark {name}" in text and row["help"] in text
        for flag in row["flags"]:
            assert (f"--{flag['name']}" in text) != flag["hidden"], f"{name} --{flag['name']}"
            if flag["default"]:
                assert re.search(rf"default:\s+{re.escape(flag['default'])}\)", text)
        assert max(map(len, text.splitlines())) <= 80


def test_help_wins_over_what_is_missing(mintmark):
    assert mintmark("init", "--help").stdout.startswith("mintmark init - ")
    assert mintmark("key", "export", "-h").stdout.startswith("mintmark key export - ")


# ---- mistakes on the command line ------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments, line, hint", [
    ([], "a command is missing", "see 'mintmark --help'"),
    (["token"], "token: a command is missing", "see 'mintmark token --help'"),
    ([""], "an empty command", "see 'mintmark --help'"),
    (["token", ""], "token: an empty command", "see 'mintmark token --help'"),
    (["init", "--help=foo"], 'init: --help: takes no value, found "foo"', "see 'mintmark init --help'"),
    (["tokn"], "tokn: unknown command; did you mean token?", "see 'mintmark --help'"),
    (["token", "crate"], "token crate: unknown command; did you mean token create?", "see 'mintmark token --help'"),
    (["frobnicate"], "frobnicate: unknown command", "see 'mintmark --help'"),
    (["create"], "create: unknown command", "see 'mintmark --help'"),
    (["-c", "f", "jwks"], "-c: flags come after the command", "see 'mintmark --help'"),
    (["help", "frobnicate"], "help: frobnicate: unknown command", "'mintmark help' lists the commands"),
    (["help", "key", "imprt"], "help: key imprt: unknown command; did you mean key import?",
     "'mintmark help key' lists the commands"),
    (["help", "init", "x"], "help: init x: unknown command", "'mintmark help' lists the commands"),
    (["jwks", "--confg=x"], "jwks: unknown flag --confg; did you mean --config?", "see 'mintmark jwks --help'"),
    (["jwks", "-x"], "jwks: unknown flag -x", "see 'mintmark jwks --help'"),
    (["jwks", "x"], 'jwks: "x" is an argument too many; accepted: none', "see 'mintmark jwks --help'"),
    (["publish", "--region=eu-central-1"],
     "publish: --region goes with a DESTINATION; those of the configuration have its own",
     "see 'mintmark publish --help'"),
    (["init"], "init: --issuer URL is missing", "see 'mintmark init --help'"),
    (["jwks", "-c"], "jwks: --config: the value is missing; accepted: FILE", "see 'mintmark jwks --help'"),
    (["version", "-o", "yaml"], 'version: --output: found "yaml"; accepted: text or json',
     "see 'mintmark version --help'"),
    (["version", "-ojson", "-otext"], "version: --output: given twice", "see 'mintmark version --help'"),
    (["completion", "fish"], 'completion: found "fish"; accepted: bash or zsh', "see 'mintmark completion --help'"),
])
def test_a_mistake_is_told_in_one_line_with_a_hint(mintmark, arguments, line, hint):
    result = mintmark(*arguments, status=2)
    assert result.stdout == ""
    assert result.stderr == f"mintmark: {line}\nhint: {hint}\n"


def test_every_flag_that_needs_a_value_says_so(mintmark, commands):
    for name, row in commands.items():
        for flag in filter(lambda flag: flag["value"], row["flags"]):
            arguments = ["--" + other["name"] + "=https://h.example" for other in row["flags"]
                         if other["required"] and other is not flag]
            result = mintmark(*name.split(), *arguments, "--" + flag["name"], status=2)
            assert f"{name}: --{flag['name']}: the value is missing; accepted: {flag['value']}" in result.stderr
            for word in flag["words"]:
                result = mintmark(*name.split(), f"--{flag['name']}=wrong", status=2)
                # Words with a list of their own in help are too many for a line: the nearest has to do.
                assert word in result.stderr or flag["title"] and "did you mean" in result.stderr


def test_hostile_text_cannot_write_to_the_terminal(mintmark):
    for arguments in (["\x1b[2Jevil\n"], ["token", "create", "a", "--claim", "a=\x1b[2J\n"]):
        result = mintmark(*arguments, status=2)
        assert "\x1b" not in result.stderr and result.stderr.count("\n") == 2


# ---- which configuration ---------------------------------------------------------------------------------------------
NEEDS_CONFIG = [["serve"], ["token", "create", "a"], ["token", "verify", "a.b.c"], ["key", "list"],
                ["key", "prepare"], ["key", "activate", "k"], ["key", "rotate"], ["key", "taint", "active"],
                ["key", "revoke", "active"], ["key", "import", "f"], ["key", "export", "active"], ["jwks"], ["discovery"], ["publish", "d"]]


@pytest.mark.parametrize("arguments", NEEDS_CONFIG, ids=" ".join)
def test_without_configuration_every_command_says_where_it_looked(mintmark, tmp_path, arguments):
    if os.path.exists("/etc/mintmark/mintmark.yaml"):
        pytest.skip("this host has a configuration of its own")
    result = mintmark(*arguments, status=2, cwd=tmp_path, env={"MINTMARK_CONFIG": ""})
    assert result.stderr.startswith("mintmark: no configuration: ") and "\nhint: " in result.stderr
    assert result.stdout == ""
    result = mintmark(*arguments, "-c", "none.yaml", status=2, cwd=tmp_path)
    assert result.stderr.startswith("mintmark: none.yaml: ")


@pytest.mark.parametrize("arguments", NEEDS_CONFIG, ids=" ".join)
def test_a_wrong_configuration_is_status_2_with_file_and_line(mintmark, tmp_path, arguments):
    (tmp_path / "m.yaml").write_text("issuer: https://h.example\nkeys:\n  rotate_evry: 1d\n")
    result = mintmark(*arguments, "-c", "m.yaml", status=2, cwd=tmp_path)
    assert result.stderr == "mintmark: m.yaml:3: keys.rotate_evry: unknown key; did you mean keys.rotate_every?\n"


def test_a_policy_that_cannot_work_is_a_wrong_configuration(mintmark, tmp_path):
    (tmp_path / "m.yaml").write_text("issuer: https://h.example\nkeys:\n  rotate_every: 1m\n")
    result = mintmark("jwks", "-c", "m.yaml", status=2, cwd=tmp_path)
    assert result.stderr.startswith("mintmark: m.yaml:3: keys.rotate_every: 1m is too short")


def test_the_configuration_is_found_by_flag_environment_and_place(make_issuer, mintmark, tmp_path):
    issuer = make_issuer()
    other = tmp_path / "other"
    mintmark("init", "--issuer", "https://other.example", "--dir", other, "--algorithm", "EdDSA")
    said = [json.loads(mintmark("discovery", *flag, cwd=place, env={"MINTMARK_CONFIG": environment}).stdout)["issuer"]
            for flag, place, environment in [
                (["-c", issuer.config_path], other, str(other / "mintmark.yaml")),
                ([], tmp_path, str(other / "mintmark.yaml")),
                ([], issuer.folder, ""),
            ]]
    assert said == [issuer.url, "https://other.example", issuer.url]


def test_the_configuration_may_come_from_standard_input(make_issuer, mintmark):
    issuer = make_issuer()
    result = mintmark("discovery", "-c", "-", stdin=issuer.config_path.read_text(), cwd=issuer.folder)
    assert json.loads(result.stdout)["issuer"] == issuer.url
    result = mintmark("discovery", "-c", "-", stdin="x: y\n", status=2)
    assert result.stderr == "mintmark: standard input:1: x: unknown key; accepted: issuer, data_dir, listen, tls, " \
                            "keys, tokens, callers, rules, service_accounts, bound_objects, limits, publish, s3, " \
                            "http, log\n"


# ---- output ----------------------------------------------------------------------------------------------------------
def test_version_names_the_libraries(mintmark, tables):
    text = mintmark("version").stdout
    document = json.loads(mintmark("version", "-o", "json").stdout)
    assert text.splitlines()[0] == f"mintmark {tables['version']}"
    assert document["version"] == tables["version"]
    assert set(document["libraries"]) == {"openssl", "libevent", "jansson", "libyaml", "libcurl"}
    assert all(re.match(r"\d+\.\d+", version) for version in document["libraries"].values())
    assert mintmark("--version").stdout == text
    assert mintmark("--version", "x", status=2).stdout == ""


def test_a_full_disk_is_an_error(mintmark):
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = mintmark.popen("version", stdout=full, stderr=subprocess.PIPE, text=True)
        assert process.communicate()[1] == "mintmark: cannot write to standard output: No space left on device\n"
    assert process.returncode == 1


def test_a_reader_that_went_away_is_an_error(mintmark):
    reading, writing = os.pipe()
    os.close(reading)
    process = mintmark.popen("help", stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert "Broken pipe" in process.communicate()[1]
    assert process.returncode == 1


# ---- completion ------------------------------------------------------------------------------------------------------
def completed(mintmark, line, cwd=None):
    """What bash offers after `line`, words separated as bash would separate them."""
    words = [word for word in re.split(r"(=)|\s+", line) if word is not None]
    words = [word for i, word in enumerate(words) if word or i == len(words) - 1]
    script = f"""
source <({mintmark.path} completion bash)
COMP_WORDS=({' '.join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_mintmark
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    result = subprocess.run(["bash", "-uc", script], capture_output=True, text=True, check=True, cwd=cwd)
    assert result.stderr == ""
    return result.stdout.split("\n")[:-1]


def test_completion_scripts_are_sound(mintmark):
    for shell in filter(shutil.which, ("bash", "zsh")):
        script = mintmark("completion", shell).stdout
        result = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, ""), shell


@pytest.mark.parametrize("line, offered", [
    ("mintmark tok", ["token"]),
    ("mintmark token ", ["create", "verify", "inspect"]),
    ("mintmark token c", ["create"]),
    ("mintmark completion ", ["bash", "zsh"]),
    ("mintmark key export acti", ["active"]),
    ("mintmark key export --format p", ["public-pem", "public-jwk", "pkcs8", "private-jwk"]),
    ("mintmark key export --format=pk", ["pkcs8"]),
    ("mintmark key export --format=", ["public-pem", "public-jwk", "pkcs8", "traditional", "private-jwk"]),
    ("mintmark version -o ", ["text", "json"]),
    ("mintmark init --algorithm E", ["ES256", "ES384", "ES512", "EdDSA"]),
    ("mintmark token create web --du", ["--duration"]),
    ("mintmark token create --audience ", [""]),
    ("mintmark token create --audience sts --bound-object-kind N", ["Node"]),
    ("mintmark help key", ["key"]),
    ("mintmark help key ", ["list", "timeline", "simulate", "prepare", "activate", "rotate", "taint", "revoke", "import",
                            "export", "thumbprint"]),
    ("mintmark key revoke --algorithm Ed", ["EdDSA"]),
    ("mintmark key taint a", ["active"]),
    ("mintmark help token v", ["verify"]),
    ("mintmark version -o", ["-otext", "-ojson"]),
    ("mintmark version -oj", ["-ojson"]),
    ("mintmark version -x", [""]),
    ("mintmark token create --fault wrong-a", ["wrong-audience", "wrong-alg"]),
    ("mintmark frobnicate ", ["init", "serve", "dev", "token", "key", "jwks", "discovery", "publish", "thumbprint",
                              "doctor", "register", "trust", "caller", "kubeconfig", "version", "completion", "help"]),
])
def test_bash_completes(mintmark, line, offered):
    assert completed(mintmark, line) == offered


def test_bash_completes_every_flag(mintmark, commands):
    for name, row in commands.items():
        visible = ["--" + flag["name"] for flag in row["flags"] if not flag["hidden"]]
        assert sorted(completed(mintmark, f"mintmark {name} --")) == sorted(["--help", *visible])


def test_bash_completes_files_and_directories(mintmark, tmp_path):
    (tmp_path / "a dir").mkdir()
    (tmp_path / "a file").touch()
    assert sorted(completed(mintmark, "mintmark key import a", cwd=tmp_path)) == ["a dir", "a file"]
    assert sorted(completed(mintmark, "mintmark jwks -c a", cwd=tmp_path)) == ["a dir", "a file"]
    assert completed(mintmark, "mintmark publish a", cwd=tmp_path) == ["a dir"]
    assert completed(mintmark, "mintmark init --dir a", cwd=tmp_path) == ["a dir"]


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes(mintmark, tmp_path):
    """zsh completes only at a terminal, so it gets one."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.environ.update(PATH=f"{mintmark.path.parent}:{os.environ['PATH']}", TERM="dumb", HOME=str(tmp_path))
        os.execvp("zsh", ["zsh", "-f"])
    said = b""

    def says(text):
        nonlocal said
        said += os.read(terminal, 65536)
        return text in said

    try:
        os.write(terminal, b"autoload -Uz compinit; compinit -D -u; source <(mintmark completion zsh); "
                           b"echo rea''dy\n")
        harness.wait_until(lambda: says(b"ready"), lambda: said)
        for line, completion in [(b"mintmark tok\t", b"mintmark token "), (b"cr\t", b"create "),
                                 (b"--aud\t", b"--audience "), (b"x --bound-object-kind=Se\t", b"=Secret ")]:
            said = b""
            os.write(terminal, line)
            harness.wait_until(lambda: says(completion), lambda: said)  # pylint: disable=cell-var-from-loop
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
