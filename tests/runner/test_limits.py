"""The limits of a process, read from a made-up tree of files in place of Linux's own."""

from __future__ import annotations

import pytest

from grokspec.runner.limits import cores_allowed, memory_allowed

GIB = 2**30
JOB = "system.slice/slurmstepd.scope/job_7/step_0"
V2 = f"0::/{JOB}\n"
V1 = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n"

# Each file, below the root or below /sys/fs/cgroup, and its content.
LAYOUTS = {
    "version 2 at the root": {
        "proc/self/cgroup": "0::/\n",
        "cgroup.procs": "",
        "cpu.max": "100000 100000\n",
        "memory.max": f"{2 * GIB}\n",
    },
    "the group itself": {
        "proc/self/cgroup": V2,
        "cgroup.procs": "",
        f"{JOB}/cpu.max": "100000 100000\n",
        f"{JOB}/memory.max": f"{2 * GIB}\n",
    },
    "a group above it": {
        "proc/self/cgroup": V2,
        "cgroup.procs": "",
        f"{JOB}/cpu.max": "max 100000\n",
        f"{JOB}/memory.max": "max\n",
        "system.slice/cpu.max": "100000 100000\n",
        "system.slice/slurmstepd.scope/memory.max": f"{2 * GIB}\n",
    },
    "the tightest of several levels": {
        "proc/self/cgroup": V2,
        "cgroup.procs": "",
        f"{JOB}/cpu.max": "400000 100000\n",
        "system.slice/cpu.max": "200000 200000\n",
        f"{JOB}/memory.max": f"{2 * GIB}\n",
        "system.slice/memory.max": f"{8 * GIB}\n",
    },
    "the point from which a process is slowed down": {
        "proc/self/cgroup": V2,
        f"{JOB}/cpu.max": "100000 100000\n",
        f"{JOB}/memory.high": f"{2 * GIB}\n",
        f"{JOB}/memory.max": f"{3 * GIB}\n",
    },
    "a sandbox that shows its own groups only": {
        f"{JOB}/cpu.max": "100000 100000\n",
        f"{JOB}/memory.max": f"{2 * GIB}\n",
    },
    "version 1 in a container": {
        "proc/self/cgroup": V1,  # names the groups as the host sees them
        "cpu/cpu.cfs_quota_us": "100000\n",
        "cpu/cpu.cfs_period_us": "100000\n",
        "memory/memory.limit_in_bytes": f"{2 * GIB}\n",
    },
    "version 1 on the host": {
        "proc/self/cgroup": V1,
        "cpu,cpuacct/docker/cpu.cfs_quota_us": "100000\n",
        "cpu,cpuacct/docker/cpu.cfs_period_us": "100000\n",
        "cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "-1\n",
        "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/docker/abc/memory.limit_in_bytes": f"{2 * GIB}\n",
    },
    "version 1 beside version 2": {
        "proc/self/cgroup": f"4:memory:/\n{V2}",
        f"unified/{JOB}/cpu.max": "100000 100000\n",
        "memory/memory.limit_in_bytes": f"{2 * GIB}\n",
    },
}


@pytest.fixture
def root(tmp_path):
    """Writes files and returns the folder that stands for the root."""

    def write(files: dict[str, str | bytes]):
        for name, text in files.items():
            path = tmp_path / ("" if name.startswith("proc") else "sys/fs/cgroup") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_a_limit_is_found_at_every_level_and_in_both_versions(root, files):
    assert cores_allowed(root(files), {}) == 1
    assert memory_allowed(root(files), {}) == 2 * GIB


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n", "cpu.max": "max 100000", "memory.max": "max"},
        {"proc/self/cgroup": V1, "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
        {"proc/self/cgroup": "\n:\n0:/\n", "cpu.max": "", "memory.max": "many"},
        {"proc/self/cgroup": b"\xff\xfe", "cpu.max": b"\xff 1", "memory.max": b"\x00"},
        {"cpu.max": "100000", "memory.max": "-5", "memory/memory.limit_in_bytes": "9" * 5000},
        {"cpu.max": "100000 0", "memory.max": "0", "cpu/cpu.cfs_quota_us": "100000"},
        {"cpu.max/is": "a folder", "memory.max/is": "a folder"},
        {"proc/self/cgroup": "0::/../..\n", "a/cpu.max": "1 1", "b/memory.max": "1"},
    ],
)
def test_what_is_no_limit_is_passed_over(root, files):
    assert cores_allowed(root(files), {}) is None
    assert memory_allowed(root(files), {}) is None


def test_the_groups_of_other_processes_do_not_count(root):
    files = {
        "proc/self/cgroup": "0::/\n",
        "cgroup.procs": "1\n",
        "other/cpu.max": "1000 100000",
        "other/memory.max": "1000",
    }
    assert cores_allowed(root(files), {}) is None
    assert memory_allowed(root(files), {}) is None


def test_a_share_of_a_core_is_given_as_it_is(root):
    assert cores_allowed(root({"cpu.max": "50000 100000"}), {}) == 0.5


@pytest.mark.parametrize(
    ("variables", "cores", "mebibytes"),
    [
        ({"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "8"}, 2, None),
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_NODE": "4000"}, 8, 4000),
        ({"SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_CPU": "500"}, 8, 4000),
        ({"SLURM_MEM_PER_CPU": "500"}, None, 500),
        ({"SLURM_CPUS_ON_NODE": "8(x2)", "SLURM_MEM_PER_NODE": "0"}, None, None),
        ({"SLURM_CPUS_PER_TASK": "", "SLURM_MEM_PER_NODE": "4G"}, None, None),
    ],
)
def test_the_limits_of_a_slurm_job_count(root, variables, cores, mebibytes):
    assert cores_allowed(root({}), variables) == cores
    assert memory_allowed(root({}), variables) == (mebibytes and mebibytes * 2**20)


def test_the_tighter_of_group_and_job_counts(root):
    files = {"cpu.max": "300000 100000", "memory.max": str(GIB)}
    job = {"SLURM_CPUS_PER_TASK": "4", "SLURM_MEM_PER_NODE": "512"}
    assert cores_allowed(root(files), job) == 3
    assert memory_allowed(root(files), job) == 512 * 2**20
