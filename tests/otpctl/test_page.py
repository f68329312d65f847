"""stats --html: one page that needs nothing else."""

import html.parser
import os
import re
import sys

import pytest

from conftest import TOP
from fakecore import ANY
from test_stats import ALL, SMS, WHATSAPP

sys.path.insert(0, os.path.join(TOP, "tests", "simulator"))
import browser  # noqa: E402  (beside the simulator's tests)

VOID = {"meta"}
HOURS = [{**SMS, "key": str(1795287600 + 3600 * i), "sent": 10 + i % 7, "verified": i % 9} for i in range(48)]


class Reader(html.parser.HTMLParser):
    """Tags must be closed in their order, and nothing may come from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids = [], [], []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag not in ("script", "link", "iframe", "img", "object", "form"), tag
        assert not {"src", "href", "onclick", "onload", "style"} & set(attributes), (tag, attributes)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> out of order"


def feed(core, **lists):
    rows = {"": [ALL], "channel": [WHATSAPP, SMS], "country": [{**WHATSAPP, "key": "+966"}], "provider": [{**WHATSAPP, "key": "meta"}],
            "hour": HOURS, **lists}
    for by in "", "channel", "country", "provider", "hour":
        core.gets("stats", since=ANY, **({"by": by} if by else {}))
        for row in rows[by]:
            core.sends("stat", **row)
        core.sends("done", result="allow")


@pytest.fixture
def page(core, ask, tmp_path):
    def write(*words, **lists):
        file = tmp_path / "stats.html"
        feed(core, **lists)
        result = ask("stats", "--html", str(file), *words)
        assert (result.status, result.out, result.err) == (0, "", "")
        return file

    return write


def test_the_page_is_well_formed_and_needs_nothing(page):
    text = page("--since", "all").read_text()
    reader = Reader(text)
    assert len(reader.ids) == len(set(reader.ids))
    assert re.findall(r"https?://|@import|url\(", text) == []
    assert [a["id"] for tag, a in reader.tags if tag == "h2"] == ["by-channel", "by-country", "by-provider", "by-hour"]
    assert "prefers-color-scheme: dark" in text


def test_each_chart_has_a_title_a_description_and_a_table(page):
    reader = Reader(page("--since", "all").read_text())
    charts = [a for tag, a in reader.tags if tag == "svg"]
    assert len(charts) == 8
    for attributes in charts:
        assert attributes["role"] == "img"
        assert set(attributes["aria-labelledby"].split()) <= set(reader.ids)
    assert sum(tag == "table" for tag, _ in reader.tags) == sum(tag == "caption" for tag, _ in reader.tags) == 4


def test_the_figures_are_on_it(page):
    text = page("--since", "all").read_text()
    for words in "2.07 USD", "0.0218 USD for each login", ">95<", "95 % of them", "in 110 messages", "0.24/0.91 s":
        assert words in text, words


def test_a_name_cannot_leave_its_place(page):
    text = page(channel=[{**SMS, "key": "<script>alert(1)</script>"}, {**SMS, "key": "\"'&"}]).read_text()
    Reader(text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "&quot;&#39;&amp;" in text


def test_many_countries_are_in_the_table(page):
    text = page(country=[{**SMS, "key": f"+{i}", "sent": 1000 - i} for i in range(1, 200)]).read_text()
    assert "the first 12 of 199; all are in the table" in text
    assert '<th scope="row">+199</th>' in text


def test_nothing_was_sent(page):
    text = page(**{"": [], "channel": [], "country": [], "provider": [], "hour": []}).read_text()
    Reader(text)
    assert "Nothing was sent in this time." in text and "<svg" not in text


def test_the_file_is_replaced_as_a_whole(page, tmp_path):
    (tmp_path / "stats.html").write_text("old")
    reader = open(tmp_path / "stats.html", encoding="utf-8")
    file = page()
    assert reader.read() == "old" and file.read_text().startswith("<!doctype html>")
    assert file.stat().st_mode & 0o777 == 0o644
    reader.close()
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("stats.html")] == ["stats.html"]


def test_a_refusal_leaves_the_old_page(core, ask, tmp_path):
    file = tmp_path / "stats.html"
    file.write_text("old")
    core.gets("stats", since=ANY).sends("done", result="deny", reason="only auditors may ask this")
    result = ask("stats", "--html", str(file))
    assert result.status == 1 and file.read_text() == "old"


def test_a_page_that_cannot_be_written(core, ask):
    feed(core)
    result = ask("stats", "--html", "/none/stats.html")
    assert result.status == 1 and "/none/stats.html: cannot be written: No such file or directory" in result.err


@pytest.mark.skipif(not browser.PROGRAM, reason="needs chromium")
def test_a_browser_shows_it_in_light_and_dark_and_on_a_phone(page, tmp_path):
    file = page("--since", "all")
    shown = browser.Browser(tmp_path / "profile")
    try:
        shown.open(f"file://{file}")
        shown.wait("document.querySelectorAll('svg').length == 8")
        colours = []
        for width, scheme in (1280, "light"), (1280, "dark"), (390, "light"):
            shown.resize(width, 900, scheme)
            assert shown.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
            colours.append(shown.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert colours[0] == colours[2] != colours[1]
        assert shown.evaluate("document.querySelectorAll('rect.part0')[0].getBoundingClientRect().width") > 50
        assert shown.complaints == []
    finally:
        shown.stop()
