"""The page in a real browser: what a reader sees, and can do with a mouse, a keyboard, a telephone."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from selenium.webdriver.common.keys import Keys

from pytest_mlebench.reporting.grading_report import grading_report
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.wording import LETTERS, mean_percent

from ...waiting import wait_for


@pytest.fixture
def report(write_run, write_page, lifelike):
    write_run("a-run", lifelike)
    return write_page("a-run")


def shown_rows(browser) -> list[str]:
    return browser.run(
        "return [...document.querySelectorAll('.matrix tbody tr')].filter(e => e.checkVisibility())"
        ".map(e => e.cells[0].querySelector('a').textContent)"
    )


def test_it_opens_from_a_file_without_complaint_and_asks_for_nothing_else(browser, report):
    browser.open(report)
    assert browser.driver.title.startswith("baseline: any medal: ")
    assert browser.complaints() == []
    assert [each for each in browser.requests() if not each.startswith("data:")] == [report.as_uri()]


def test_its_figures_are_those_of_the_files(browser, report, lifelike):
    summary = Summary(lifelike)
    written = grading_report(lifelike, report.parent)
    browser.open(report)
    share = summary.overall.shares["any_medal"]
    shown = f"{browser.one('#headline').text} % ± {browser.one('#headline-error').text}"
    assert shown == mean_percent(share)
    data = json.loads(browser.run("return document.getElementById('data').textContent"))
    assert data["totals"]["any_medal"] == {
        "count": written["total_medals"],
        "mean": share.mean,
        "standard_error": share.standard_error,
    }
    # Letters, row by row, against the records.
    wanted = {}
    for record in summary.rows:
        wanted.setdefault(record.competition, []).append(LETTERS[record.outcome])
    letters = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('.matrix tbody tr')].map(row => "
        "[row.dataset.name, [...row.querySelectorAll('.o')].map(e => e.firstChild.textContent)]))"
    )
    assert letters == wanted
    assert sum(word.count(letter) for word in letters.values() for letter in "GSB") == written["total_medals"]
    # Scores, in the tables of the attempts, against the embedded ones and the report's.
    scores = [float(text) for text in browser.texts("article tbody td:nth-child(3)") if text != "-"]
    rows = [dict(zip(data["attempt_columns"], row, strict=True)) for row in data["attempts"]]
    assert scores == [row["score"] for row in rows if row["score"] is not None]
    assert sorted(scores) == sorted(
        each["score"] for each in written["competition_reports"] if each["score"] is not None
    )
    # Totals, cell by cell, against the embedded ones.
    cells = browser.run(
        "return [...document.querySelectorAll('#totals > .scroll tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent))"
    )
    titles = browser.texts("#totals > .scroll thead th")
    column = titles.index("any medal %")
    groups = {"all": data["totals"], **data["by_complexity"]}
    for row in cells:
        figure = groups[row[0]]["any_medal"]
        assert row[column] == f"{figure['mean']:.1f} ±{figure['standard_error']:.1f}"
    assert [row[0] for row in cells] == list(groups)


def test_the_medals_are_sorted_by_a_column_and_back(browser, report):
    browser.open(report)
    before = shown_rows(browser)
    head = next(each for each in browser.all(".matrix thead th") if each.text.strip() == "medals")
    head.find_element("css selector", "button").click()
    assert head.get_attribute("aria-sort") == "descending"
    medals = [int(text.split("/")[0]) for text in browser.texts(".matrix tbody td:nth-last-child(4)")]
    assert medals == sorted(medals, reverse=True)
    assert medals[0] > medals[-1]
    head.find_element("css selector", "button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    by_name = browser.all(".matrix thead th")[0]
    by_name.find_element("css selector", "button").click()
    assert (by_name.get_attribute("aria-sort"), head.get_attribute("aria-sort")) == ("ascending", None)
    assert shown_rows(browser) == sorted(before, key=str.lower)


def test_competitions_are_filtered_by_words_complexity_category_and_outcome(browser, report):
    browser.open(report)
    every = shown_rows(browser)
    search = browser.one("#filter input")
    search.send_keys("spooky author")
    assert shown_rows(browser) == ["spooky-author-identification"]
    assert browser.one("#shown").text == f"1 of {len(every)} competitions are shown."
    assert browser.texts("article:not([hidden]) h3") == ["spooky-author-identification"]
    browser.one("#filter button").click()
    assert shown_rows(browser) == every
    choose = "const e = document.querySelector(`#filter [name=${arguments[0]}]`); e.value = arguments[1]; "
    choose += "e.dispatchEvent(new Event('input', {bubbles: true}))"
    browser.run(choose, "complexity", "medium")
    assert set(shown_rows(browser)) == {"AI4Code"}
    browser.run(choose, "complexity", "")
    browser.run(choose, "category", "text classification")
    assert set(browser.texts(".matrix tbody tr:not([hidden]) td:last-child")) == {"text classification"}
    assert len(shown_rows(browser)) == 2
    browser.run(choose, "category", "")
    browser.run(choose, "outcome", "error-o")
    assert shown_rows(browser) == ["random-acts-of-pizza"]
    browser.run(choose, "outcome", "medal")
    assert "3d-object-detection-for-autonomous-vehicles" not in shown_rows(browser)


def test_everything_can_be_done_from_the_keyboard(browser, report):
    browser.open(report)

    def press(key):
        browser.driver.switch_to.active_element.send_keys(key)

    browser.one("body").send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element.text == "Skip to the result"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    press(Keys.ENTER)
    assert browser.driver.current_url.endswith("#main")
    # On from there to every control, in the order of the page.
    reached, rounds = [], 0
    while "theme" not in reached and rounds < 400:
        press(Keys.TAB)
        rounds += 1
        reached.append(
            browser.run(
                "const e = document.activeElement; "
                "return e.id || e.name || (e.closest('.matrix th') || {}).textContent || e.tagName"
            )
        )
    assert {"text", "complexity", "category", "outcome", "competition", "SUMMARY", "A"} <= set(reached)
    button = browser.one(".matrix thead th:first-child button")
    button.send_keys(Keys.ENTER)
    assert browser.one(".matrix thead th:first-child").get_attribute("aria-sort") == "ascending"
    browser.all("article summary")[0].send_keys(Keys.ENTER)
    assert browser.all("article details")[0].get_attribute("open") is not None


def test_a_screen_reader_finds_its_way(browser, report):
    browser.open(report)
    levels = browser.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(browser.all("main")) == len(browser.all("nav")) == len(browser.all("footer")) == 1
    assert browser.run("return document.documentElement.lang") == "en"
    unscoped = "return [...document.querySelectorAll('th')].filter(e => !['row', 'col'].includes(e.scope)).length"
    assert browser.run(unscoped) == 0
    assert browser.run("return [...document.querySelectorAll('table')].filter(e => !e.caption).length") == 0
    assert browser.run(
        "return [...document.querySelectorAll('#filter :is(input, select)')].every(e => e.labels.length)"
    )
    pictures = browser.all("svg")
    assert len(pictures) > 10
    for picture in pictures:
        assert picture.get_attribute("role") == "img"
        said = [
            browser.run("return document.getElementById(arguments[0]).textContent", id)
            for id in picture.get_attribute("aria-labelledby").split()
        ]
        assert len(said) == 2
        assert all(said)
    doubled = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.length - new Set(ids).size"
    assert browser.run(doubled) == 0
    dangling = "return [...document.links].filter(e => e.hash && !document.getElementById(e.hash.slice(1))).length"
    assert browser.run(dangling) == 0


CONTRAST = """
const channel = c => (c /= 255, c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const light = colour => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
};
const ground = e => {
  const colour = getComputedStyle(e).backgroundColor;
  return /, 0\\)|\\/ 0\\)|transparent/.test(colour) ? ground(e.parentElement) : colour;
};
return arguments[0].map(selector => {
  const e = document.querySelector(selector);
  const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
  return [selector, (a + 0.05) / (b + 0.05)];
});
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_in_light_and_in_dark(browser, report, dark):
    browser.open(report, dark=dark)
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is dark
    selectors = ["p", ".basis", "dt", "thead th", ".cause a", "td.gold", "td.silver", "td.bronze", "td.above_median"]
    selectors += ["td.valid", "td.error-o", ".status", "nav a", "summary"]
    for selector, contrast in browser.run(CONTRAST, selectors):
        assert contrast >= 4.5, selector
    assert browser.complaints() == []


def test_colours_can_be_switched_and_stay_so(browser, report):
    browser.open(report)
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    button = browser.one("#theme")
    assert button.text == "Dark"
    button.click()
    dark = browser.run(ground)
    assert dark != light
    assert button.text == "Light"
    browser.driver.refresh()
    assert browser.run(ground) == dark
    browser.one("#theme").click()
    assert browser.run(ground) == light


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_window_scrolls_tables_and_not_the_page(browser, report, width):
    browser.open(report, width=width)
    browser.run("document.querySelectorAll('details').forEach(e => { e.open = true })")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    scrolled = "return [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert browser.run(scrolled) > 0


def test_it_says_the_same_without_scripts(browser, report):
    browser.open(report)
    with_scripts = browser.texts("main section h2")
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.refresh()
        assert [each.text for each in browser.all("main section h2")] == with_scripts
        assert not browser.one("#filter").is_displayed()
        assert not browser.one("#theme").is_displayed()
        assert len(browser.all(".matrix tbody tr")) == 6
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_can_be_printed(browser, report):
    browser.open(report, dark=True)
    printed = browser.driver.print_page()
    assert len(printed) > 10_000
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not browser.one("#theme").is_displayed()


def test_links_lead_to_logs_and_submissions_also_after_the_folder_has_moved(browser, report, tmp_path):
    moved = tmp_path / "elsewhere with spaces"
    report.parent.rename(moved)
    browser.open(moved / "report.html")
    failure = browser.all(".cause li")[0]
    log = failure.find_elements("css selector", "a")[1].get_attribute("href")
    browser.driver.get(log)
    assert browser.one("body").text == "a line"


HOSTILE = (
    "</script><script>window.hacked = 1</script>"
    '<img src=x onerror="window.hacked = 2"><!-- \' "> {{ 7 * 7 }} &amp; \u202e'
)


def test_what_agents_wrote_is_text_and_nothing_else(browser, write_run, write_page, attempt):
    records = [
        attempt(
            "<img src=x onerror=window.hacked=3>", 0, "i", reason=HOSTILE, complexity="low<b>", category='x"><script>'
        ),
        attempt("tame", 0, "E", reason=HOSTILE, agent="baseline"),
        attempt("tame", 1, "n", ended_early=HOSTILE, problems=(HOSTILE,), folder="javascript:alert(1)//..//x"),
        attempt("tame", 2, "G", worker=HOSTILE, created_at=HOSTILE, sandbox=HOSTILE),
    ]
    facts = {
        "agent": {"name": HOSTILE, "options": {HOSTILE: HOSTILE}},
        "network": HOSTILE,
        "description": HOSTILE,
        "deviations": [HOSTILE],
        "versions": {HOSTILE: HOSTILE},
        "planned": [HOSTILE],
    }
    run = write_run("a-run", [], facts)
    for number, record in enumerate(records):
        folder = run / f"c{number}" / f"seed-{record.seed}"
        folder.mkdir(parents=True)
        (folder / "attempt.json").write_text(json.dumps(record.to_json()))
    path = write_page("a-run")
    browser.open(path)
    assert browser.complaints() == []
    assert browser.run("return window.hacked ?? null") is None
    assert browser.all("img") == []
    assert len(browser.all("script")) == 2
    shown = browser.run("return document.querySelector('.cause .reason').textContent")
    assert '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">' in shown
    assert "{{ 7 * 7 }} &amp; \\u202e" in shown
    assert all(
        link.startswith(("#", "./"))
        for link in browser.run("return [...document.links].map(e => e.getAttribute('href'))")
    )
    assert json.loads(browser.run("return document.getElementById('data').textContent"))["agent"] == "baseline"


def test_the_policy_forbids_scripts_that_got_in_all_the_same(browser, report):
    text = report.read_text(encoding="utf-8")
    report.write_text(
        text.replace("<h1>", "<h1><script>window.hacked = 1</script><b onclick='hacked=2' style='color:red'>x</b>", 1),
        encoding="utf-8",
    )
    browser.open(report)
    browser.run("document.querySelector('h1 b').click()")
    assert browser.run("return window.hacked ?? null") is None
    assert browser.run("return getComputedStyle(document.querySelector('h1 b')).color") != "rgb(255, 0, 0)"
    # The console hears of it a moment later.
    wait_for(lambda: any("Content Security Policy" in line for line in browser.complaints()))
