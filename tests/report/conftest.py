"""A report of a tiny project: claims of every verdict, and hostile texts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from claims_project import Project
from reported_project import CLAIMS, DRAWN, FAULTS

from grokspec.report.contents import Report
from grokspec.report.gather import ReportRequest, gather
from grokspec.runner import train_runs
from grokspec.spec import read_spec


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, with results for all claims but P11."""
    project = Project(tmp_path_factory.mktemp("reported"))
    project.spec("tiny/drawn", DRAWN)
    project.spec("other/one", 'extends = "../tiny/base.toml"\n')
    project.spec("lone", 'extends = "tiny/base.toml"\n[model]\nwidth = 13\n')
    project.claims(CLAIMS)
    (project.folder / "kills.json").write_text(json.dumps(FAULTS))
    with ThreadPoolExecutor(1) as here:
        for name in ("tiny/drawn", "other/one"):
            plan = read_spec(project.folder / "specs" / f"{name}.toml")
            train_runs(plan, project.store, executor=here)
    return project


@pytest.fixture(scope="session")
def asked(project: Project) -> ReportRequest:
    """What is asked of the report."""
    return ReportRequest(
        claims=project.folder / "claims",
        store=project.store_folder,
        faults=project.folder / "kills.json",
        workers="0",
    )


@pytest.fixture(scope="session")
def report(asked: ReportRequest) -> Report:
    """The report."""
    return gather(asked)


@pytest.fixture(scope="session")
def page_file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a file."""
    from grokspec.report.page import page

    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(report), encoding="utf-8")
    return file
