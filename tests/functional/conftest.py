# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the functional tests; what they hand out is in harness.py."""
import json

import pytest

pytest.register_assert_rewrite("harness", "crash.datadir")  # what they assert is told like what a test asserts

import harness  # pylint: disable=wrong-import-position


@pytest.fixture(scope="session")
def mintmark():
    """The program: mintmark("key", "list", status=2)."""
    return harness.Mintmark()


@pytest.fixture(scope="session")
def tables(mintmark):
    """All commands, flags and options, from the program itself."""
    return json.loads(mintmark("help", "--dump", "json").stdout)


@pytest.fixture(scope="session")
def commands(tables):
    """The rows that can be run, by name."""
    return {row["name"]: row for row in tables["commands"] if not row["group"]}


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    """A private certificate authority for the whole run."""
    return harness.Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def storetool():
    """The path of tests/functional/storetool, which drives a key store without the command line."""
    return harness.built("tests/functional/storetool")


@pytest.fixture(scope="session")
def faultfs(mintmark):
    """The path of the library that makes file operations fail (LD_PRELOAD)."""
    if mintmark.sanitized:
        pytest.skip("the sanitizer's library must come first in LD_PRELOAD")
    return harness.built("tests/functional/faultfs.so")


@pytest.fixture(scope="module")
def served(mintmark, tmp_path_factory):
    """One issuer over plain HTTP, served for all tests of a file, which leave it as they found it."""
    with harness.Issuer(mintmark, tmp_path_factory.mktemp("served")) as issuer:
        yield issuer


@pytest.fixture
def make_issuer(mintmark, tmp_path):
    """Makes issuers in this test's folder: make_issuer(path="/id", ca=ca).start(); all are ended with the test."""
    issuers = []

    def make(**options):
        issuers.append(harness.Issuer(mintmark, tmp_path / str(len(issuers)), **options))
        return issuers[-1]

    yield make
    for issuer in issuers:
        issuer.kill()
