"""A report of a tiny project: claims of every verdict, and hostile texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from claims_project import Project
from reported_project import CLAIMS, DRAWN, KILLS, QUESTIONS

from grokspec.report.contents import Report
from grokspec.report.gather import ReportRequest, gather


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, with results for all claims but P11."""
    project = Project(tmp_path_factory.mktemp("reported"))
    project.spec("tiny/drawn", DRAWN)
    project.spec("other/one", 'extends = "../tiny/base.toml"\n')
    project.spec("lone", 'extends = "tiny/base.toml"\n[model]\nwidth = 13\n')
    project.claims(CLAIMS)
    (project.folder / "claims" / "questions.toml").write_text(QUESTIONS)
    (project.folder / "kills.json").write_text(json.dumps(KILLS))
    project.train("tiny/drawn", "other/one")
    return project


@pytest.fixture(scope="session")
def report_request(project: Project) -> ReportRequest:
    """The request for the report."""
    return ReportRequest(
        claims=project.folder / "claims",
        store=project.store_folder,
        mutants=project.folder / "kills.json",
        workers="0",
    )


@pytest.fixture(scope="session")
def report(report_request: ReportRequest) -> Report:
    """The report."""
    return gather(report_request)


@pytest.fixture(scope="session")
def page_file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a file."""
    from grokspec.report.page import page

    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(report), encoding="utf-8")
    return file
