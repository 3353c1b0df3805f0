# SPDX-License-Identifier: Apache-2.0
"""What is written about the program agrees with the program: its tables are the truth (`mintmark help --dump json`)."""
import json
import re
import shutil
import subprocess

import pytest
import yaml

import harness

TOP = harness.SOURCE_DIR
MANUALS = (TOP / "docs/man/mintmark.1", TOP / "docs/man/mintmark.yaml.5")


@pytest.fixture(scope="module")
def options(tables):
    return {row["name"]: row for row in tables["options"]}


# ---- version ---------------------------------------------------------------------------------------------------------
def test_the_version_is_the_same_everywhere(mintmark, tables):
    configured = re.search(r"AC_INIT\(\[mintmark\], \[([^]]+)\]\)", (TOP / "configure.ac").read_text()).group(1)
    assert tables["version"] == configured
    assert mintmark("version").stdout.splitlines()[0] == f"mintmark {configured}"
    newest = re.search(r"\b(\d+\.\d+\.\d+)\b", (TOP / "NEWS").read_text()).group(1)
    assert newest == configured, "the newest entry of NEWS is for another version"


# ---- manual pages ----------------------------------------------------------------------------------------------------
def without_markup(text):
    """mdoc with what stands between words only for the formatter taken out."""
    lines = [line for line in text.splitlines() if not line.startswith('.\\"')]
    return re.sub(r"\\-|\\&", lambda escape: "-" if escape.group() == r"\-" else "", "\n".join(lines))


def section(text, name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S).group(1)


@pytest.fixture(scope="module")
def described():
    """What mintmark(1) says of each command, by the command's name."""
    body = section(without_markup(MANUALS[0].read_text()), "COMMANDS")
    body = re.sub(r"^\.It Xo\n(.*?)^\.Xc$", lambda m: ".It " + m.group(1).replace("\n.", " ").lstrip("."), body,
                  flags=re.M | re.S)
    entries, depth, name = {}, 0, None
    for line in body.splitlines():
        depth += line.startswith(".Bl ") - line.startswith(".El")
        if depth == 1 and line.startswith(".It "):
            name = re.match(r"\.It Cm ((?:(?:token|key|register|trust|caller) )?[\w-]+)", line).group(1)
            entries[name] = ""
        elif name:
            entries[name] += line + "\n"
    return entries


def test_every_command_is_described_and_no_other(described, commands):
    assert list(described) == list(commands), "in the order of the table"


def test_every_flag_is_described_and_no_other(described, commands):
    common = {"config": "c", "output": "o"}
    for name, row in commands.items():
        found = re.findall(r"^\.It Fl (?:(\w) , Fl )?-([\w-]+)", described[name], re.M)
        expected = {flag["name"]: flag["letter"] for flag in row["flags"] if not flag["hidden"]}
        assert {flag: letter for letter, flag in found} == expected, name
        assert {flag: expected[flag] for flag in common if flag in expected} == \
            {flag: letter for flag, letter in common.items() if flag in expected}


def test_words_and_placeholders_of_flags_are_those_of_the_table(described, commands):
    for name, row in commands.items():
        for flag in filter(lambda flag: flag["value"] and not flag["hidden"], row["flags"]):
            entry = re.search(rf"^\.It Fl (?:\w , Fl )?-{flag['name']}(?![\w-])(.*(?:\n(?!\.It Fl ).*)*)", described[name], re.M)
            line, _, rest = entry.group(1).partition("\n")
            if flag["words"]:
                missing = [word for word in flag["words"] if not re.search(rf"\b{word}\b", f"{line}\n{rest}")]
                assert not missing, f"{name} --{flag['name']}: {missing}"
            else:
                assert flag["value"] in line.replace(" Ns = Ns Ar ", "="), f"{name} --{flag['name']}: {line}"
            if flag["required"]:
                assert "Required." in rest
            if flag["repeatable"]:
                assert "repeated" in rest


def test_the_synopsis_names_every_command_and_required_flag(commands):
    synopsis = " ".join(section(without_markup(MANUALS[0].read_text()), "SYNOPSIS").split())
    for name, row in commands.items():
        assert re.search(rf"Cm (\w+ \| )?{name}\b", synopsis), name
        for flag in filter(lambda flag: flag["required"], row["flags"]):
            assert re.search(rf"Cm {name} \.Fl -{flag['name']} ", synopsis)


def test_every_exit_status_and_environment_variable_is_described(mintmark):
    text = without_markup(MANUALS[0].read_text())
    assert re.findall(r"^\.It (\d)$", section(text, "EXIT STATUS"), re.M) == ["0", "1", "2"]
    assert "0 done; 1 refused or failed; 2 the command line or the\nconfiguration is wrong" in mintmark("help").stdout
    described = set(re.findall(r"Ev (\w+)", section(text, "ENVIRONMENT")))
    sources = "".join(path.read_text() for folder in ("base", "conf", "keys", "issuer", "cli")
                      for path in (TOP / folder).rglob("*.c"))
    assert set(re.findall(r'getenv\("(\w+)"\)', sources)) <= described
    assert [name for name in described if f'"{name}"' not in sources] == []


def rows_of(options):
    """Every option, and behind one that is a list of records the fields of these: "rules", "rules[].users", …"""
    for name, row in options.items():
        yield name, row
        for field in row["fields"]:
            yield f"{name}[].{field['name']}", field


def test_every_option_is_described_with_its_default(options):
    text = section(without_markup(MANUALS[1].read_text()), "OPTIONS")
    # What an item says goes on to the next one of an option; lists within it are a part of it.
    found = dict(re.findall(r"^\.It Va ([\w.\[\]]+)\n((?:(?!^\.It Va |^\.Ss ).*\n)*)", text, re.M))
    rows = dict(rows_of(options))
    assert list(found) == list(rows), "in the order of the tables"
    for name, row in rows.items():
        default = re.search(r"^Default:\n\.(?:Ql|Pa) (\S+) \.$", found[name], re.M)
        assert (default.group(1) if default else None) == row["default"], name
        assert ("Reload." in found[name]) == row["reloadable"], name
        assert ("Required." in found[name]) == row["required"], name
        for word in row["words"]:
            assert re.search(rf"\b{word}\b", " ".join(found[name].split())), f"{name}: {word}"


# ---- HTTP, metrics and the access log --------------------------------------------------------------------------------
def entries(name, macro):
    """What stands in a section of mintmark(1) under each item that `macro` marks, in its order."""
    text = section(without_markup(MANUALS[0].read_text()), name)
    return dict(re.findall(rf"^\.It {macro} (\S+)\n((?:(?!^\.It |^\.El).*\n)*)", text, re.M))


def test_every_route_is_described_with_its_listeners_and_its_name():
    """The table of routes is in no output of the program, so it is read from its source."""
    header = (TOP / "include/mintmark/document.h").read_text()
    paths = {name: f'"{path}"' for name, path in re.findall(r'#define (MM_\w+_PATH) +"([^"]+)"', header)}
    source = re.sub(r'AUTHENTICATION "', '"/apis/authentication.k8s.io', (TOP / "issuer/http/route.c").read_text())
    rows = re.findall(r'^\t\{"(\w+)",\s+("[^"]+"|MM_\w+),\s+(\w+),\s+(\w+),\s+\w+,\s+([\w| ]+),', source, re.M)
    assert len(rows) == int(re.search(r"MM_ROUTE_COUNT (\d+)", (TOP / "issuer/http/route.h").read_text()).group(1))
    described = entries("HTTP", "Pa")
    assert [paths.get(path, path).strip('"') for _, path, *_ in rows] == list(described)
    for text, (name, _, listeners, at_root, methods) in zip(described.values(), rows):
        assert text.startswith({"ADMIN": "Admin listener: ", "BOTH": "Both listeners: "}[listeners]), name
        # "Everything stands under the path of the issuer URL and at the root, but for both documents on the public
        # listener"
        assert at_root == ("ADMIN" if name in ("jwks", "discovery") else listeners), name
        assert all(method.strip() == "READ" or method.strip().removeprefix("MM_") in text for method in methods.split("|")), name
        assert re.search(rf"\b{name}\b", entries("METRICS", "Va")["mintmark_http_requests_total"])


def test_every_metric_is_described_with_its_type_and_labels(make_issuer, ca):
    with make_issuer(ca=ca) as issuer:
        issuer.get("/openid/v1/jwks")
        page = issuer.get("/metrics", admin=True).body.decode()
    described = entries("METRICS", "Va")
    families = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.M))
    assert list(families) == list(described), "in the order of the page"
    for name, kind in families.items():
        assert described[name].startswith(kind), name
        samples = re.findall(rf"^{name}(?:_bucket)?\{{(.*)\}} ", page, re.M)
        assert samples or not re.findall(rf"^{name}\{{", page, re.M)
        for label in {label for sample in samples for label in re.findall(r'(\w+)="', sample)}:
            likewise = described[name].startswith("counter; failed ones, likewise")
            assert f".Ql {label}" in described["mintmark_reloads_total" if likewise else name], f"{name}: {label}"


def test_every_field_of_the_access_log_is_described(make_issuer):
    with make_issuer(config={"log": {"access": "json"}}) as issuer:
        line = harness.wait_until(lambda: re.search(r'^\{.*"msg":"access".*\}$', issuer.log(), re.M), issuer.log)
    assert list(json.loads(line.group())) == list(entries("ACCESS LOG", "Va"))


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_mandoc_has_nothing_to_say(manual):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    said = subprocess.run(["mandoc", "-T", "lint", "-W", "style", manual], capture_output=True, text=True,
                          check=False).stdout.splitlines()
    # Whether the pages that it refers to are installed on this host is no property of the page.
    assert [line for line in said if "referenced manual not found" not in line] == []


def test_the_examples_of_configuration_are_accepted(mintmark, tmp_path):
    text = MANUALS[1].read_text()
    examples = re.findall(r"^\.Bd -literal[^\n]*\n(issuer:.*?)^\.Ed", text, re.M | re.S)
    assert len(examples) == 4
    for example in examples:
        (tmp_path / "m.yaml").write_text(example)
        # It is read to its end: what is missing is the key set.
        assert mintmark("key", "list", "-c", "m.yaml", cwd=tmp_path, status=1).stderr.startswith("mintmark: ")


def test_the_architecture_has_a_row_for_every_header_and_names_sources_that_are_there():
    rows = dict(re.findall(r"^\| `(\w+\.h)` \| (.*) \|$", (TOP / "docs/architecture.md").read_text(), re.M))
    assert list(rows) == sorted(path.name for path in (TOP / "include/mintmark").glob("*.h"))
    missing = [source for row in rows.values() for source in re.findall(r"`(\S+)`", row) if not (TOP / source).is_file()]
    assert missing == []


def test_links_between_the_documents_lead_somewhere():
    pages = [path for path in (*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)\)|^\[\w+\]: (\S+)", page.read_text(), re.M):
            target = link[0] or link[1]
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


# ---- sample files ----------------------------------------------------------------------------------------------------
def sample():
    return (TOP / "conf/mintmark.yaml").read_text()


def test_the_sample_configuration_has_every_option_with_its_default(mintmark, options, tmp_path):
    """Commented in, it is YAML with exactly the options of the table; tests/unit/test_options.c looks at the lines."""
    document = yaml.safe_load(re.sub(r"^( *)#([a-z-]|  )", r"\1\2", sample(), flags=re.M))
    flat = {}
    for key, value in document.items():
        flat.update({f"{key}.{name}": inner for name, inner in value.items()} if isinstance(value, dict) else {key: value})
    assert list(flat) == list(options), "in the order of the table"
    for name, row in options.items():
        if row["default"]:
            assert re.search(rf"^ *#{name.split('.')[-1]}: {re.escape(row['default'])}$", sample(), re.M), name
        if row["fields"]:  # between them, its records have all that there are
            assert {key for record in flat[name] for key in record} == {field["name"] for field in row["fields"]}
    (tmp_path / "mintmark.yaml").write_text(sample())
    result = mintmark("key", "list", cwd=tmp_path, status=1)
    assert "/var/lib/mintmark/data" in result.stderr


def test_unit_sample_and_manual_name_the_same_places():
    unit = (TOP / "conf/mintmark.service").read_text()
    assert "--config /etc/mintmark/mintmark.yaml" in unit and "StateDirectory=mintmark\n" in unit
    for text in (sample(), MANUALS[1].read_text()):
        assert "/etc/mintmark/mintmark.yaml" in text and "/var/lib/mintmark/data" in text


def test_the_unit_the_manual_and_the_readme_run_commands_as_the_same_user():
    unit = (TOP / "conf/mintmark.service").read_text()
    properties = re.findall(r"^((?:DynamicUser|User|StateDirectory|StateDirectoryMode|UMask)=.*)$", unit, re.M)
    assert len(properties) == 5
    for text in (unit, without_markup(MANUALS[0].read_text()), (TOP / "README.md").read_text()):
        assert re.findall(r"-p (\w+=\w+)", text) == properties


def test_the_installed_unit_starts_the_installed_program():
    """Made from the sample by a rule of the Makefile, for wherever `make install` puts the program."""
    made = harness.built("generated/mintmark.service")
    makefile = (harness.find_build_dir() / "Makefile").read_text()
    prefix = re.search(r"^prefix = (\S+)$", makefile, re.M).group(1)
    assert re.search(r"^ExecStart=(\S+) ", made.read_text(), re.M).group(1) == f"{prefix}/bin/mintmark"


def test_the_unit_exposes_little():
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", TOP / "conf/mintmark.service"],
                          capture_output=True, text=True, check=False).stdout
    assert float(re.search(r"Overall exposure level for mintmark.service: ([\d.]+)", said).group(1)) <= 1.5


def test_nginx_takes_the_example(ca, tmp_path):
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    certificate, key = ca.issue(name="oidc.example.com", names=("DNS:oidc.example.com",))
    example = (TOP / "conf/nginx.conf").read_text()
    example = example.replace("/etc/mintmark/tls.crt", str(certificate)).replace("/etc/mintmark/tls.key", str(key))
    example = re.sub(r"listen (\[::\]:)?443", f"listen 127.0.0.1:{harness.free_port()}", example, count=1)
    example = re.sub(r"^ *listen \[::\]:443 ssl;\n", "", example, flags=re.M)
    (tmp_path / "example.conf").write_text(example)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
                                         f"http {{ access_log off; include {tmp_path}/example.conf; }}\n")
    result = subprocess.run(["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True,
                            text=True, check=False)
    assert result.returncode == 0, result.stderr
