"""The report of a small project: what it tells in each form, and how the page behaves."""

import json
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from claims_project import Project

from grokspec.cli import main
from grokspec.errors import GrokspecError
from grokspec.plans import make_plan
from grokspec.report.data import data
from grokspec.report.gather import Asked, gather
from grokspec.report.latex import escaped, latex
from grokspec.report.markdown import markdown
from grokspec.report.page import page
from grokspec.runner import run_plan

CLAIMS = """
@claim("P1", "§2 & <b>§3</b>", spec="tiny/alpha", control=reversed_in_time(), headline=True)
def test_it_falls(results):
    "The loss falls <script>alert(1)</script> by 100% of a_b."
    assert estimate(fall(results)).below(1)

@claim("P2", "Fig. 1", spec="tiny/alpha", verdict="refuted", counter=reversed_in_time())
def test_it_rises(results):
    "The loss rises."
    assert estimate(fall(results)).above(1)

@claim("P3", "Fig. 2", spec="tiny/epsilon", control=permuted("epsilon"))
def test_without_results(results):
    "Nothing is stored of this."
    assert estimate(fall(results)).below(1)

@claim("T1", "Eq. 1", given=2, control=instead("a third power", 3))
def test_square(given):
    "A square is a product."
    import xarray
    assert agreement(xarray.DataArray(3.0**given), xarray.DataArray(9.0), rtol=1e-12)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("reported"))
    made.claims(CLAIMS)
    run_plan(make_plan(made.folder / "specs/tiny/alpha.toml"), made.store)
    return made


@pytest.fixture(scope="module")
def report(project):
    asked = Asked(project.folder / "claims", store=project.store_folder, workers="0")
    return gather(asked)


@pytest.fixture(scope="module")
def html(report, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(report), encoding="utf-8")
    return file


def test_every_claim_is_there_with_its_verdict_and_how_its_experiments_came_out(report):
    told = {
        one.row.id: (one.verdict.value, [t.outcome for t in one.trials])
        for one in report.judgements
    }
    assert told == {
        "P1": ("supported", ["bites"]),
        "P2": ("refuted", ["bites"]),
        "P3": ("not run", ["not run"]),
        "T1": ("supported", ["bites"]),
    }


def test_a_spec_comes_with_its_text_and_where_its_results_are_from(report):
    sheets = {sheet.name: sheet for sheet in report.specs}
    assert [name for name, _ in sheets["tiny/alpha"].texts] == ["tiny/alpha.toml", "tiny/base.toml"]
    origins = sheets["tiny/alpha"].origins
    assert (origins.stored, origins.runs, origins.devices) == (12, 12, ("cpu",))
    assert sheets["tiny/epsilon"].origins.stored == 6  # those that are runs of tiny/alpha, too


def test_what_a_claim_was_judged_on_is_drawn(report):
    drawn = {one.row.id: one.evidence for one in report.judgements}
    assert drawn["P3"] is None
    assert ElementTree.fromstring(drawn["P1"].svg).tag.endswith("svg")


def test_text_in_the_page_is_escaped(html):
    text = html.read_text(encoding="utf-8")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "§2 &amp; &lt;b&gt;§3&lt;/b&gt;" in text


def test_markdown_has_a_line_for_each_claim(report):
    lines = [line for line in markdown(report).splitlines() if line.startswith("| ")]
    cells = [line.split(" | ") for line in lines]
    assert [c[1] for c in cells if c[0][2] in "✓✗?–"] == ["P1", "P2", "P3", "T1"]
    assert r"&lt;script>alert(1)&lt;/script> by 100% of a\_b" in markdown(report)


def test_latex_is_escaped_and_has_five_cells_a_line(report):
    text = latex(report)
    assert r"\textless{}script\textgreater{}alert(1)" in text
    assert r"100\% of a\_b" in text
    lines = [line for line in text.splitlines() if line.endswith(r"\\") and " & " in line]
    assert {line.replace(r"\&", "").count(" & ") for line in lines} == {4}
    assert len(lines) == 5


def test_every_special_character_of_latex_is_escaped():
    assert escaped(r"\{}") == r"\textbackslash{}\{\}"


def test_json_is_strict_and_has_every_claim(report):
    def refuse(constant):
        raise ValueError(constant)

    told = json.loads(data(report), parse_constant=refuse)
    assert [one["id"] for one in told["judgements"]] == ["P1", "P2", "P3", "T1"]
    assert told["judgements"][0]["trials"][0]["outcome"] == "bites"
    assert told["faults"] is None


def test_the_command_writes_the_form_that_the_ending_names(project, tmp_path, capsys):
    output = tmp_path / "new" / "claims.md"
    claims, store = str(project.folder / "claims"), str(project.store_folder)
    with pytest.raises(SystemExit) as ended:
        main(["report", claims, "--store", store, "-o", str(output)])
    assert not ended.value.code
    assert output.read_text(encoding="utf-8").startswith("# Which claims hold")


def test_an_ending_that_is_unknown_is_told_before_anything_is_judged(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["report", "-o", "report.docx"])
    assert ended.value.code == 2
    assert (
        "report.docx: a report is written as .html, .md, .json or .tex" in capsys.readouterr().err
    )


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GrokspecError, match="no such folder of claims"):
        gather(Asked(tmp_path / "claims"))


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    selenium = pytest.importorskip("selenium.webdriver")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("there is no Chromium with its chromedriver here")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for flag in [
        "headless=new",
        "window-size=1200,900",
        "no-sandbox",
        "disable-gpu",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-quic",
    ]:
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = selenium.ChromeService(executable_path=driver)
    running = selenium.Chrome(options=options, service=service)
    yield running
    running.quit()


@pytest.fixture
def opened(browser, html):
    browser.get("about:blank")
    browser.get(html.as_uri())
    return browser


def shown(browser):
    script = "return [...document.querySelectorAll('.claim')].filter(c => !c.hidden).map(c => c.id)"
    return browser.execute_script(script)


def test_the_page_fetches_nothing_and_has_no_error(opened):
    fetched = "return performance.getEntriesByType('resource').map(e => e.name)"
    names = [n for n in opened.execute_script(fetched) if not n.startswith("data:")]
    assert names == []
    assert opened.get_log("browser") == []
    assert len(shown(opened)) == 4


def test_claims_are_filtered_by_a_click_and_the_address_remembers(opened):
    button = opened.find_element("css selector", ".toggle[data-verdict=supported]")
    opened.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button
    )
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert len(shown(opened)) == 2
    assert opened.find_element("id", "found").text == "2 of 4 claims"
    address = opened.current_url
    opened.get("about:blank")
    opened.get(address)
    assert len(shown(opened)) == 2


def test_claims_are_filtered_with_the_keyboard_alone(opened):
    opened.find_element("css selector", ".toggle[data-verdict=refuted]").send_keys(" ")
    opened.find_element("css selector", "input[type=search]").send_keys("loss")
    assert len(shown(opened)) == 1


def test_a_phone_needs_no_scrolling_to_the_side(opened):
    size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth") <= 320
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_in_the_dark_the_page_is_dark(opened):
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = opened.execute_script(colour)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    assert opened.execute_script(colour) != light
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
