"""The environment as a lock: Python, the machine, torch's build and every installed package."""

from __future__ import annotations

import functools
import json
import platform
from importlib.metadata import Distribution, distributions


@functools.cache
def environment() -> str:
    """The lines of a requirements file; what is installed is looked up once.

    What was installed from a folder is a comment.
    """
    import torch

    built = torch.version.cuda and f"CUDA {torch.version.cuda}"
    built = built or (torch.version.hip and f"ROCm {torch.version.hip}") or "no GPU"
    about = [
        f"# {platform.python_implementation()} {platform.python_version()}",
        f"# {platform.system()} {platform.release()}, {platform.machine()}",
        f"# torch {torch.__version__}, built for {built}, commit {torch.version.git_version}",
    ]
    packages = {_name(found): _line(found) for found in distributions() if _name(found)}
    return "\n".join([*about, *(packages[name] for name in sorted(packages))]) + "\n"


def _name(distribution: Distribution) -> str:
    """Its name as pip compares it; empty for the rest of one that was removed."""
    name = distribution.metadata["Name"] if distribution.metadata else None
    return (name or "").lower().replace("_", "-").replace(".", "-")


def _line(distribution: Distribution) -> str:
    """What installs it again, if it came from a package index or a repository; else a comment."""
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    name, version = distribution.metadata["Name"], distribution.version
    if commit := origin.get("vcs_info", {}).get("commit_id"):
        return f"{name} @ {origin['vcs_info']['vcs']}+{origin['url']}@{commit}"
    return f"# from a folder: {name}=={version}" if "dir_info" in origin else f"{name}=={version}"
