"""The page as Markdown and as plain text."""

from __future__ import annotations

import re

from pytest_mlebench.reporting.page.markdown import markdown, plain_text
from pytest_mlebench.reporting.page.sections import sections

HOSTILE = "<script>alert(1)</script> | [a](javascript:b) `c` **d** @someone #1 https://e.example www.f.example $g$"


def test_all_forms_have_the_same_sections_and_figures(write_run, make_page, lifelike):
    write_run("a-run", lifelike)
    page = make_page("a-run")
    headings = [section.title for section in sections(page)]
    marked, plain = markdown(page), plain_text(page)
    assert re.findall(r"^##? (.*)$", marked, re.MULTILINE) == [each.replace("@", r"\@") for each in headings]
    assert [
        line
        for line, rule in zip(plain.splitlines(), plain.splitlines()[1:], strict=False)
        if rule.strip("=") == "" and rule
    ] == headings
    assert page.headline.text in plain
    assert page.headline.text in marked
    for text in (marked, plain):
        for row in page.totals.rows:
            assert all(cell.text in text for cell in row)


def test_every_row_of_a_markdown_table_has_the_cells_of_its_head(write_run, make_page, lifelike, attempt):
    write_run("a-run", [*lifelike, attempt("with|pipes", 0, "i", reason=HOSTILE, problems=(HOSTILE,))])
    for block in markdown(make_page("a-run")).split("\n\n"):
        if block.startswith("|"):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(cells) == 1


def test_what_agents_wrote_is_no_markup(write_run, make_page, attempt):
    write_run("a-run", [attempt("one", 0, "i", reason=HOSTILE, problems=(HOSTILE,))])
    text = markdown(make_page("a-run"))
    assert r"\<script\>alert(1)\</script\> \| \[a\](javascript:b) \`c\` \*\*d\*\* \@someone \#1" in text
    assert "https://e.example" not in text
    assert "www.f.example" not in text
    assert not re.search(r"(?<!\\)[<>]", text)


def test_plain_text_fits_where_it_can(write_run, make_page, lifelike):
    write_run("a-run", lifelike)
    text = plain_text(make_page("a-run"), 100)
    prose = [line for line in text.splitlines() if not re.search(r"\S  +\S|---", line)]
    assert max(map(len, prose)) <= 100


def test_letters_of_many_seeds_are_counted_instead(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "G" * 30 + "n" * 10}))
    assert "40 attempts: 30 gold, 10 no medal" in plain_text(make_page("a-run"))
