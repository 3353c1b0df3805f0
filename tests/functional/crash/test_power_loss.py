# SPDX-License-Identifier: Apache-2.0
"""Power loss: a copy of the block device under a live file system is what a disk would hold if the power went now."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import pytest

from crash import datadir

ROUNDS = 15


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL)


class Disk:
    """An ext4 file system in a file, mounted; nothing is written back but what somebody syncs."""

    def __init__(self, folder):
        self.image, self.mountpoint = folder / "disk.img", folder / "disk"
        self.mountpoint.mkdir()

    def format(self):
        with open(self.image, "wb") as image:
            image.truncate(16 << 20)
        return run("mkfs.ext4", "-q", "-F", self.image)

    def mount(self):
        return run("mount", "-o", "loop,commit=600", self.image, self.mountpoint)

    def unmount(self):
        subprocess.run(["umount", self.mountpoint], check=True)

    def copy_as_after_power_loss(self, folder):
        """Another disk with what this one holds at this moment; not mounted."""
        folder.mkdir()
        disk = Disk(folder)
        shutil.copyfile(self.image, disk.image)
        return disk


@pytest.fixture
def disk(tmp_path):
    (tmp_path / "original").mkdir()
    disk = Disk(tmp_path / "original")
    for step in (disk.format, disk.mount):
        try:
            result = step()
        except FileNotFoundError as missing:
            pytest.skip(f"no file system can be made here: {missing}")
        if result.returncode != 0:
            pytest.skip(f"mounting is not allowed here: {result.stderr.strip()}")
    yield disk
    disk.unmount()


def after_power_loss(disk, folder, look):
    """Mounts a copy of the disk and returns what `look` finds there."""
    copy = disk.copy_as_after_power_loss(folder)
    mounted = copy.mount()
    assert mounted.returncode == 0, mounted.stderr
    try:
        return look(copy.mountpoint)
    finally:
        copy.unmount()
        copy.image.unlink()


def test_acknowledged_commits_survive_power_loss(disk, storetool, tmp_path):
    store = datadir.DataDir(storetool, disk.mountpoint / "data")
    store.commit()
    process = subprocess.Popen([storetool, "commit", store.path, "0"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
    os.set_blocking(process.stdout.fileno(), False)
    printed, lost_nothing = "", 0
    try:
        for i in range(ROUNDS):
            time.sleep(random.uniform(0.01, 0.1))
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.02)  # what it had asked of the disk is done; what it had not is not
            printed += (process.stdout.read() or b"").decode()
            revision = max(1, datadir.acknowledged(printed))

            def look(mountpoint, revision=revision):
                survivor = datadir.DataDir(storetool, mountpoint / "data")
                found, _ = survivor.load()
                assert revision <= found <= revision + 1, f"acknowledged {revision}, found {found}"
                assert survivor.commit() == found + 1
                survivor.assert_no_strays()
                return True

            lost_nothing += after_power_loss(disk, tmp_path / f"copy{i}", look)
            process.send_signal(signal.SIGCONT)
    finally:
        process.kill()
        process.communicate()
    assert lost_nothing == ROUNDS
    assert revision > ROUNDS, "the copies were all of one moment"


def test_the_first_commit_survives_power_loss(disk, storetool, tmp_path):
    """The directory itself and its keys/ are new, and have to be made to last too."""
    store = datadir.DataDir(storetool, disk.mountpoint / "data")
    store.commit()
    found = after_power_loss(disk, tmp_path / "copy",
                             lambda mountpoint: datadir.DataDir(storetool, mountpoint / "data").load()[0])
    assert found == 1


def test_what_nobody_synced_is_lost_here(disk, tmp_path):
    """The test of the tests: were the copy to hold what was never synced, they could not fail."""
    os.sync()
    fresh = disk.mountpoint / "fresh.tmp"
    fresh.write_text("content")
    fresh.rename(disk.mountpoint / "fresh")

    def look(mountpoint):
        path = pathlib.Path(mountpoint) / "fresh"
        return path.exists() and path.read_text() == "content"

    assert not after_power_loss(disk, tmp_path / "copy", look)
