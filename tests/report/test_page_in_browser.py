"""The page in a browser: it fetches nothing, and works on phones, on paper and in dark mode."""

import re
import shutil

import pytest

PLAIN = (
    "headless=new",
    "window-size=1200,900",
    "no-sandbox",
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-quic",
)
"""Options for a Chromium that only shows pages."""

SHOWN = "return [...document.querySelectorAll('.claim')].filter(c => !c.hidden).map(c => c.id)"
WIDTH = "return document.documentElement.scrollWidth"

COLORS = """
return [...document.querySelectorAll('.top *, .headlines *, .glance *, .filters *, .claim *')]
  .filter(e => e.getClientRects().length
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => {
    const grounds = [];
    for (let at = e; at; at = at.parentElement) grounds.push(getComputedStyle(at).backgroundColor);
    return [e.className + ' ' + e.textContent.slice(0, 20), getComputedStyle(e).color, grounds];
  })
"""
"""Each element with text: its text, its color and the backgrounds behind it, nearest first."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("there is no Chromium with its chromedriver here")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for option in (*PLAIN, f"user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(f"--{option}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    yield running
    running.quit()


@pytest.fixture
def opened(browser, page_file):
    browser.get("about:blank")
    browser.get(page_file.as_uri())
    yield browser
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def shown(opened):
    return opened.execute_script(SHOWN)


def toggle(opened, verdict):
    return opened.find_element("css selector", f'.toggle[data-verdict="{verdict}"]')


def click(opened, element):
    opened.execute_script(
        "arguments[0].scrollIntoView({block:'center',behavior:'instant'})", element
    )
    element.click()


def wait(opened, happened):
    """Wait for what the page does after a click, in an event of its own."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(opened, 10).until(lambda _: happened())


def resize(opened, width):
    size = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def emulate(opened, medium="", scheme="light"):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def test_it_fetches_nothing_and_has_no_error(opened):
    names = opened.execute_script("return performance.getEntries().map(e => [e.entryType, e.name])")
    fetched = [name for kind, name in names if kind == "resource"]
    assert [name for name in fetched if not name.startswith("data:")] == []
    assert opened.get_log("browser") == []
    assert len(shown(opened)) == 6


def test_its_figures_are_drawn(opened):
    opened.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    drawn = """const done = arguments[0];
      Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode())))
        .then(all => done(all.length), done)"""
    assert opened.execute_async_script(drawn) == 6
    assert opened.get_log("browser") == []


def test_a_click_leaves_out_a_verdict(opened):
    click(opened, toggle(opened, "supported"))
    assert toggle(opened, "supported").get_attribute("aria-pressed") == "false"
    assert shown(opened) == ["P2.2", "P11.1", "Q1.1"]
    assert opened.find_element("id", "found").text == "3 of 6 claims"


def test_groups_and_systems_without_a_claim_are_left_out_too(opened):
    click(opened, toggle(opened, "not run"))
    visible = "return [...document.querySelectorAll('.system')].map(s => !s.hidden)"
    assert opened.execute_script(visible) == [True, False, True, True]


def test_it_is_filtered_with_the_keyboard_alone(opened):
    from selenium.webdriver import ActionChains, Keys

    ActionChains(opened).send_keys(Keys.TAB, Keys.ENTER).perform()  # to the checklist
    ActionChains(opened).send_keys(Keys.TAB, Keys.TAB, Keys.SPACE).perform()  # the second verdict
    assert shown(opened) == ["P2.1", "P10.1", "P11.1", "Q2.1"]
    ActionChains(opened).send_keys(Keys.TAB, Keys.TAB, Keys.TAB, "train LOSS held").perform()
    assert shown(opened) == ["P10.1"]


def test_the_address_keeps_the_choice(opened):
    from selenium.webdriver.support.select import Select

    click(opened, toggle(opened, "refuted"))
    Select(opened.find_element("name", "system")).select_by_visible_text("tiny")
    opened.find_element("name", "q").send_keys("p2")
    before, address = shown(opened), opened.current_url
    assert before == ["P2.1"]
    opened.get("about:blank")
    opened.get(address)
    assert shown(opened) == before
    assert opened.find_element("name", "q").get_attribute("value") == "p2"


def test_clearing_shows_everything(opened):
    opened.find_element("name", "q").send_keys("nothing has this word")
    assert shown(opened) == []
    click(opened, opened.find_element("css selector", "button[type=reset]"))
    wait(opened, lambda: len(shown(opened)) == 6)


def test_a_link_to_a_claim_that_is_left_out_shows_it(opened):
    click(opened, toggle(opened, "refuted"))
    assert "Q1.1" not in shown(opened)
    click(opened, opened.find_element("css selector", '.glance a[href="#Q1.1"]'))
    wait(opened, lambda: "Q1.1" in shown(opened))


def test_a_phone_needs_no_scrolling_to_the_side(opened):
    resize(opened, 320)
    opened.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert opened.execute_script(WIDTH) <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(opened, scheme):
    emulate(opened, scheme=scheme)
    found = opened.execute_script(COLORS)
    assert len(found) > 50
    faint = {text: c for text, ink, grounds in found if (c := contrast(ink, grounds)) < 4.5}
    assert faint == {}  # WCAG 2.1, level AA


def test_in_the_dark_the_page_is_dark_and_its_figures_are_on_white(opened):
    emulate(opened, scheme="dark")
    ground = "return getComputedStyle(arguments[0]).backgroundColor"
    assert (
        max(color(opened.execute_script(ground, opened.find_element("css selector", "body")))) < 0.2
    )
    figure = opened.find_element("css selector", ".sheet img")
    assert color(opened.execute_script(ground, figure)) == [1, 1, 1]


def test_on_paper_there_are_no_filters(opened):
    form = opened.find_element("id", "filters")
    assert form.is_displayed()
    emulate(opened, medium="print")
    assert not form.is_displayed()


def test_without_scripts_everything_is_shown_and_nothing_is_offered_that_does_not_work(
    browser, page_file
):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get("about:blank")
        browser.get(page_file.as_uri())
        assert all(claim.is_displayed() for claim in browser.find_elements("class name", "claim"))
        assert not browser.find_element("id", "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def contrast(ink, grounds):
    """The ratio of luminances of a color and the grounds behind it, the nearest first."""
    behind = [1.0, 1.0, 1.0]
    for ground in reversed(grounds):
        behind = over(ground, behind)
    light, dark = sorted((luminance(over(ink, behind)), luminance(behind)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(css, behind):
    """A color, which may be translucent, over an opaque one."""
    share = alpha(css)
    return [share * a + (1 - share) * b for a, b in zip(color(css), behind, strict=True)]


def numbers(css):
    return [float(x) for x in re.findall(r"[\d.]+(?:e-?\d+)?", css.removeprefix("color(srgb "))]


def color(css):
    """Red, green and blue between 0 and 1, of ``rgb(…)``, ``rgba(…)`` or ``color(srgb …)``."""
    scale = 1 if css.startswith("color(") else 255
    return [x / scale for x in numbers(css)[:3]]


def alpha(css):
    return numbers(css)[3] if len(numbers(css)) > 3 else 1.0


def luminance(rgb):
    """Relative luminance, as WCAG 2.1 defines it."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
