"""The phone in a browser: live, by keyboard, narrow and wide, and nothing from elsewhere."""

import re

import pytest
from browser import PROGRAM, Browser
from simulator import PHONE, sms, template_message

ARGUMENTS = ["--fail", "0001=131026", "--fail", "0002=silent"]
OTHER = "+4915123456789"
BUBBLES = "document.querySelectorAll('.bubble').length"
FILES = ["/", "/phone.css", "/phone.js", "/phone.svg"]

needs_browser = pytest.mark.skipif(not PROGRAM, reason="no chromium")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.stop()


@pytest.fixture
def page(phone, chromium):
    """The page of an empty phone, already live."""
    chromium.session = None
    chromium.complaints.clear()
    chromium.open(phone.url)
    chromium.wait("document.getElementById('link')?.dataset.state === 'live'")
    yield chromium
    assert chromium.complaints == []
    chromium.call("Page.close")
    chromium.session = None


@pytest.mark.parametrize("path", FILES)
def test_files_come_with_strict_headers(phone, path):
    headers = phone.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", FILES)
def test_files_name_nothing_from_elsewhere(phone, path):
    text = phone.get(path).text
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\b|\sstyle=|\son\w+=", text)


def test_other_methods_and_other_hosts_are_refused(phone):
    assert phone.request("POST", "/").status == 405
    assert phone.request("HEAD", "/").text == ""
    assert phone.request("GET", "/messages.json", headers={"Host": "evil.example"}).status == 421
    assert phone.request("GET", "/messages.json", headers={"Host": "127.0.0.1.evil.example"}).status == 421
    assert phone.request("GET", "/messages.json", headers={"Host": f"localhost:{phone.port}"}).status == 200
    assert phone.request("GET", "/favicon.ico").status == 404


@needs_browser
def test_empty_phone_says_what_to_do(phone, page):
    text = page.evaluate("document.body.innerText")
    assert "No message yet" in text and "No SMS yet" in text
    assert f'base_url = "https://127.0.0.1:{phone.port}"' in text


@needs_browser
def test_message_appears_without_reload(phone, page):
    phone.post(template_message(code="770011"))
    page.wait(f"{BUBBLES} === 1")
    bubble = page.evaluate("document.querySelector('.bubble').innerText")
    assert "770011 is your verification code." in bubble and PHONE in bubble and "*" not in bubble
    assert page.evaluate("document.querySelector('.bubble strong').textContent") == "770011"
    page.wait("document.getElementById('news').textContent.includes('770011')")
    assert "No message yet" not in page.evaluate("document.body.innerText")


@needs_browser
def test_sms_appears_beside_it_newest_on_top(phone, page):
    phone.sms(sms(code="1111"))
    phone.sms(sms(code="2222"))
    page.wait("document.querySelectorAll('.card').length === 2")
    assert "2222" in page.evaluate("document.querySelector('.card').innerText")


@needs_browser
def test_failed_message_is_noted_and_silent_one_is_not(phone, page):
    phone.post(template_message(to="+966505550002", code="222222"))
    phone.post(template_message(to="+966505550001", code="111111"))
    page.wait("document.querySelectorAll('.note').length === 1")
    text = page.evaluate("document.body.innerText")
    assert "Not delivered to +966505550001: 131026" in text
    assert "111111" not in text and "222222" not in text


@needs_browser
def test_text_is_never_markup(phone, page):
    phone.sms(sms() | {"text": "<img src=x onerror=alert(1)><b>482913</b>"})
    page.wait("document.querySelectorAll('.card').length === 1")
    assert page.evaluate("document.querySelectorAll('.card img, .card b').length") == 0
    assert "<b>482913</b>" in page.evaluate("document.querySelector('.card').innerText")


@needs_browser
def test_code_is_copied_by_keyboard_alone(phone, page):
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    phone.post(template_message(code="770011"))
    page.wait(f"{BUBBLES} === 1")
    for _ in range(20):
        page.press("Tab", 9)
        if page.evaluate("document.activeElement.classList.contains('copy')"):
            break
    assert page.evaluate("document.activeElement.matches('.copy:focus-visible')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert "770011" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.press("Enter", 13, "\r")
    page.wait("window.copied === '770011'")
    page.wait("document.querySelector('.bubble .copy').innerText.includes('Copied')")
    assert page.evaluate("document.getElementById('news').textContent") == "Code copied"


@needs_browser
def test_one_number_of_several_can_be_picked(phone, page):
    phone.post(template_message(to=PHONE))
    phone.post(template_message(to=OTHER))
    page.wait(f"{BUBBLES} === 2")
    page.evaluate(f"""(() => {{ const select = document.getElementById('numbers');
        select.value = '{OTHER}'; select.dispatchEvent(new Event('change')); }})()""")
    assert page.evaluate(BUBBLES) == 1
    assert OTHER in page.evaluate("document.querySelector('.bubble').innerText")


@needs_browser
def test_clear_empties_the_phone_of_every_page(phone, page):
    phone.post()
    page.wait(f"{BUBBLES} === 1")
    page.evaluate("document.getElementById('clear').click()")
    page.wait(f"{BUBBLES} === 0")
    assert phone.messages() == []
    phone.post()
    page.wait(f"{BUBBLES} === 1")
    phone.clear()
    page.wait(f"{BUBBLES} === 0")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screen_shows_one_of_the_two_and_counts_the_other(phone, page, scheme):
    page.resize(360, 740, scheme)
    phone.post(template_message(to=OTHER))
    phone.sms()
    page.wait("document.querySelector('.views [data-view=sms] .count').textContent === '1'")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("getComputedStyle(document.querySelector('.sms')).display") == "none"
    page.evaluate("document.querySelector('.views [data-view=sms]').click()")
    assert page.evaluate("getComputedStyle(document.querySelector('.phone')).display") == "none"
    assert page.evaluate("document.querySelector('.views [data-view=sms]').getAttribute('aria-pressed')") == "true"
    assert page.evaluate("document.querySelector('.views [data-view=sms] .count').hidden")


@needs_browser
def test_page_says_when_the_simulator_has_gone(start, chromium):
    simulator = start("--plain")
    chromium.session = None
    chromium.open(simulator.url)
    chromium.wait("document.getElementById('link')?.dataset.state === 'live'")
    simulator.stop()
    chromium.wait("document.getElementById('link').dataset.state === 'lost'")
    assert "does not answer" in chromium.evaluate("document.body.innerText")
    again = start("--plain", listen=f"127.0.0.1:{simulator.port}")
    again.sms()
    chromium.wait("document.querySelectorAll('.card').length === 1")
    chromium.call("Page.close")
    chromium.session = None


@pytest.fixture
def view(start, chromium):
    """Starts a simulator and looks at its page: view("--delay", 10) gives both."""
    def open_page(*arguments):
        simulator = start("--plain", *arguments)
        chromium.session = None
        chromium.open(simulator.url)
        chromium.wait("document.getElementById('link')?.dataset.state === 'live'")
        return simulator, chromium

    yield open_page
    chromium.call("Page.close")
    chromium.session = None


@needs_browser
def test_each_message_says_which_way_it_came_and_what_became_of_it(view):
    simulator, chromium = view("--receipt-delay", 50, "--receipt", "0003=131049")
    simulator.post(template_message(to=PHONE, code="770011"))
    chromium.wait("document.querySelector('.bubble .state')?.textContent === '✓✓ read'")
    assert chromium.evaluate("document.querySelector('.bubble .way').textContent") == "WhatsApp · Meta"
    assert chromium.evaluate("document.querySelector('.bubble .since').hidden")
    simulator.post(template_message(to="+966505550003", code="880022"))
    chromium.wait("document.querySelectorAll('.bubble')[1]?.querySelector('.state').textContent === '✗ failed: 131049'")
    simulator.sms(sms(to="+966505550003", code="880022"))
    chromium.wait("document.querySelector('.card .since')?.textContent.startsWith('fallback after ')")
    assert chromium.evaluate("document.querySelector('.card .way').textContent") == "SMS · SMS gateway"
    chromium.wait("document.querySelector('.card .state').textContent === '✓✓ delivered'")
    assert chromium.evaluate("document.querySelectorAll('.bubble, .card').length") == 3


@needs_browser
def test_what_is_on_the_page_is_read_without_waiting(view):
    simulator, _ = view("--receipt-delay", 400)
    simulator.post()
    [message] = simulator.wait_for(lambda messages: messages[0]["status"] == "read")
    at = {event["status"]: event["at"] for event in message["events"]}
    assert at["read"] - at["delivered"] < 350


@needs_browser
def test_calls_that_were_refused_are_listed_with_their_reason(phone, page):
    phone.post(Authorization=None)
    phone.post(template_message(to="+966505550001"))
    page.wait("document.querySelectorAll('#refused li').length === 2")
    text = page.evaluate("document.getElementById('refused').textContent")
    assert "There is no Authorization" in text and "190" in text and "131026" in text
    assert not page.evaluate("document.getElementById('refused-box').hidden")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_can_be_read_in_light_and_dark(phone, page, scheme):
    """WCAG 2.2, 1.4.3: 4.5 to 1, for what stands on a bubble and on a card."""
    page.resize(1280, 800, scheme)
    phone.post(template_message(code="770011"))
    phone.sms(sms(code="770011"))
    page.wait("document.querySelectorAll('.bubble, .card').length === 2")
    page.wait("document.querySelector('.card .since').textContent !== ''")
    lowest = page.evaluate("""(() => {
        const channels = (color) => color.match(/[0-9.]+/g).slice(0, 3).map((value) => value / 255)
            .map((value) => (value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4));
        const light = (color) => { const [r, g, b] = channels(color); return .2126 * r + .7152 * g + .0722 * b; };
        const behind = (node) => { while (getComputedStyle(node).backgroundColor === 'rgba(0, 0, 0, 0)') node = node.parentElement;
            return getComputedStyle(node).backgroundColor; };
        const ratios = [];
        for (const node of document.querySelectorAll('.state, .way, .since:not([hidden])')) {
            for (const status of node.className === 'state' ? ['sent', 'read', 'failed'] : ['']) {
                if (status) node.dataset.status = status;
                const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => a - b);
                ratios.push((pair[1] + .05) / (pair[0] + .05));
            }
        }
        return Math.min(...ratios);
    })()""")
    assert lowest >= 4.5
