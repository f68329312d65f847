"""enroll, verify, list, show, set, telegram, suspend, resume, unlock, remove."""

import os
import pwd

import pexpect
import pytest

from conftest import PROGRAM
from fakecore import ANY

ME = pwd.getpwuid(os.getuid()).pw_name
PROMPT = "Code sent to WhatsApp (…78), by SMS in 25 s if it does not arrive. Code: "
ALICE = dict(user="alice", state="active", phone="…78", lang="en", consent="agreed by mail", consent_by="root",
             verified="yes", enrolled_at=1795290240, last_login_at=1795376640, failures=2)
BOB = dict(user="bob", state="locked", phone="…34", channel="sms", enrolled_at=1795290240, failures=10, locked_seconds=1500)
ADDRESSES = dict(email="h…@example.com", telegram="yes")


def test_a_user_is_enrolled_with_the_code_that_arrived(core, ask):
    core.gets("enroll", user=ME, phone="+966512345678", consent=ANY).sends("ask", challenge="c1", prompt=PROMPT)
    core.gets("enroll-answer", challenge="c1", text="123456").sends("done", result="allow")
    result = ask("enroll", ME, "--phone", "+966 51-234 5678", stdin="123456\n")
    assert (result.status, result.out) == (0, f"{ME} is enrolled with …78\n")
    assert result.err == PROMPT


def test_the_number_is_asked_for_where_no_argument_may_show_it(core, ask):
    core.gets("enroll", user=ME, phone="+966512345678", consent=ANY).sends("ask", challenge="c1", prompt=PROMPT)
    core.gets("enroll-answer", challenge="c1", text="123456").sends("done", result="allow")
    result = ask("enroll", ME, stdin="+966 512345678\n123456\n")
    assert (result.status, result.out) == (0, f"{ME} is enrolled with …78\n")
    assert result.err == "Phone number, with + and country code: " + PROMPT
    assert ask("enroll", ME).status == 2


def test_a_typing_error_is_asked_again_as_often_as_the_core_allows(core, ask):
    core.gets("enroll", user=ME, phone="+966512345678", consent=ANY).sends("ask", challenge="c1", prompt="Code: ")
    core.gets("enroll-answer", challenge="c1", text="1").sends("ask", challenge="c1", prompt="Wrong. Code: ")
    core.gets("enroll-answer", challenge="c1", text="2").sends("done", result="deny", reason="three wrong codes")
    result = ask("enroll", ME, "--phone", "+966512345678", stdin="1\n2\n123456\n")
    assert result.status == 1 and result.out == ""
    assert result.err.endswith(f"whatsapp-otpctl: enroll {ME}: three wrong codes\n")


def test_enter_alone_is_an_answer_too(core, ask):
    core.gets("enroll", user=ME, phone="+966512345678", consent=ANY).sends("ask", challenge="c1", prompt="Code: ")
    core.gets("enroll-answer", challenge="c1").sends("ask", challenge="c1", prompt="Code: ")
    core.gets("enroll-answer", challenge="c1", text="123456").sends("done", result="allow")
    assert ask("enroll", ME, "--phone", "+966512345678", stdin="\n123456").status == 0


def test_nobody_types_a_code(core, ask):
    core.gets("enroll", user=ME, phone="+966512345678", consent=ANY).sends("ask", challenge="c1", prompt="Code: ")
    result = ask("enroll", ME, "--phone", "+966512345678")
    assert result.status == 1 and "no code was typed; nothing is enrolled" in result.err


def test_the_default_consent_names_what_was_agreed_to(core, ask, tmp_path):
    config = tmp_path / "host.conf"
    config.write_text('core { hostname = "web1" }\n')
    core.gets("enroll", user=ME, phone="+966512345678", no_verify="yes",
              consent="The user agreed to receive one-time login codes for web1 at this number, by WhatsApp and, where "
                      "that does not arrive, by SMS; nothing else is sent to it.")
    core.sends("done", result="allow")
    result = ask("--config", str(config), "enroll", ME, "--phone", "+966512345678", "--no-verify", config=False)
    assert (result.status, result.out) == (0, f"{ME} is enrolled with …78 (not verified: no code was sent)\n")


def test_everything_that_was_typed_reaches_the_core(core, ask):
    core.gets("enroll", user="ghost", phone="+4915112345678", channel="sms", lang="de", consent="Hat zugestimmt.",
              no_verify="yes").sends("done", result="allow")
    result = ask("enroll", "ghost", "--phone", "004915112345678", "--channel", "sms", "--language=de", "--consent",
                 "Hat zugestimmt.", "--no-verify", "--json")
    assert result.status == 0
    assert result.objects == [{"op": "enroll", "user": "ghost", "result": "allow", "reason": ""}]
    assert "warning: ghost: no such user on this system" in result.err


@pytest.mark.parametrize("phone", ["0512345678", "+12", "+0512345678", "alice", "+96651234567890123", ""])
def test_a_number_that_is_none_says_how_to_write_it(otpctl, phone):
    result = otpctl("enroll", ME, "--phone", phone)
    assert result.status == 2 and "with + and country code" in result.err
    assert not phone or phone not in result.err


def test_list_is_a_table_whose_columns_align(core, ask):
    core.gets("list").sends("enrolment", **ALICE).sends("enrolment", **BOB).sends("done", result="allow")
    result = ask("list")
    assert result.status == 0
    assert result.lines == [
        "USER   STATE   PHONE  CHANNEL  LANGUAGE  ENROLLED          LAST-LOGIN        FAILURES",
        "alice  active  …78    auto     en        2026-11-21 19:44  2026-11-22 19:44  2",
        "bob    locked  …34    sms      -         2026-11-21 19:44  -                 10",
    ]


def test_list_as_json_has_the_keys_of_the_protocol(core, ask):
    core.gets("list", reveal="yes").sends("enrolment", **{**BOB, "phone": "+966512345634"}).sends("done", result="allow")
    result = ask("--json", "list", "--reveal")
    assert result.objects == [{
        "user": "bob", "state": "locked", "phone": "+966512345634", "channel": "sms", "lang": "", "consent": "",
        "consent_by": "", "verified": False, "enrolled_at": 1795290240, "last_login_at": 0, "failures": 10,
        "locked_seconds": 1500}]


def test_a_list_does_not_tell_of_addresses(core, ask):
    core.gets("list").sends("enrolment", **BOB, **ADDRESSES).sends("done", result="allow")
    listed, = ask("list", "--json").objects
    assert listed["user"] == "bob" and not set(ADDRESSES) & set(listed)


def test_a_list_that_is_refused_prints_no_table(core, ask):
    core.gets("list", reveal="yes").sends("done", result="deny", reason="only whatsapp-otp-admin may reveal numbers")
    result = ask("list", "--reveal")
    assert (result.status, result.out) == (1, "")
    assert result.err == "whatsapp-otpctl: list: only whatsapp-otp-admin may reveal numbers\n"


def test_show_tells_who_agreed_to_what(core, ask):
    core.gets("show", user="bob").sends("enrolment", **BOB).sends("done", result="allow")
    result = ask("show", "bob")
    assert result.lines == [
        "user: bob", "state: locked", "locked for: 25 min", "phone: …34", "verified: no", "e-mail: -", "telegram: no",
        "channel: sms", "language: -", "enrolled: 2026-11-21 19:44", "last login: -", "failures: 10", "consent: -", "consent recorded by: -"]


def test_show_tells_where_else_codes_can_go(core, ask):
    core.gets("show", user="bob").sends("enrolment", **BOB, **ADDRESSES).sends("done", result="allow")
    result = ask("show", "bob")
    assert result.status == 0 and {"e-mail: h…@example.com", "telegram: yes"} <= set(result.lines)


def test_show_as_json_has_the_addresses(core, ask):
    core.gets("show", user="bob", reveal="yes").sends("enrolment", **BOB, **{**ADDRESSES, "email": "h@example.com"})
    core.sends("done", result="allow")
    shown, = ask("show", "bob", "--reveal", "--json").objects
    assert (shown["email"], shown["telegram"]) == ("h@example.com", True)


def test_a_user_who_is_not_enrolled_is_an_error(core, ask):
    core.gets("show", user="carol").sends("done", result="deny", reason="carol is not enrolled")
    result = ask("show", "carol")
    assert (result.status, result.err) == (1, "whatsapp-otpctl: show carol: carol is not enrolled\n")


def test_set_changes_only_what_was_named(core, ask):
    core.gets("set", user="alice", channel="auto").sends("done", result="allow")
    result = ask("set", "alice", "--channel", "auto")
    assert (result.status, result.out) == (0, "alice is changed\n")


def test_an_e_mail_address_is_kept_beside_the_number(core, ask):
    core.gets("address", user="alice", kind="email", value="alice@example.com").sends("done", result="allow")
    result = ask("set", "alice", "--email", "alice@example.com")
    assert (result.status, result.out, result.err) == (0, "alice is changed\n", "")


def test_an_e_mail_address_is_forgotten(core, ask):
    core.gets("address", user="alice", kind="email").sends("done", result="allow", reason="alice has no e-mail address now")
    assert ask("set", "alice", "--email", "none").out == "alice has no e-mail address now\n"


def test_set_changes_the_preference_and_then_the_address(core, ask):
    core.gets("set", user="alice", lang="ar").sends("done", result="allow")
    core.gets("address", user="alice", kind="email", value="a@b.example").sends("done", result="allow")
    result = ask("set", "alice", "--language", "ar", "--email", "a@b.example", "--json")
    assert result.status == 0
    assert result.objects == [{"op": "set", "user": "alice", "result": "allow", "reason": ""}]


def test_a_refused_preference_leaves_the_address(core, ask):
    core.gets("set", user="alice", channel="pigeon").sends("done", result="deny", reason="there is no channel pigeon")
    result = ask("set", "alice", "--channel", "pigeon", "--email", "a@b.example")
    assert result.status == 1 and result.err == "whatsapp-otpctl: set alice: there is no channel pigeon\n"


def test_the_enrolled_number_is_verified_again(core, ask):
    core.gets("verify", user="alice").sends("ask", challenge="c1", prompt=PROMPT)
    core.gets("enroll-answer", challenge="c1", text="123456").sends("done", result="allow")
    result = ask("verify", "alice", stdin="123456\n")
    assert (result.status, result.out, result.err) == (0, "the number of alice is verified\n", PROMPT)


def test_nobody_types_the_code_of_a_verification(core, ask):
    core.gets("verify", user="alice").sends("ask", challenge="c1", prompt="Code: ")
    result = ask("verify", "alice")
    assert result.status == 1 and "verify: no code was typed; nothing is verified" in result.err


def test_a_wrong_code_verifies_nothing(core, ask):
    core.gets("verify", user="alice").sends("ask", challenge="c1", prompt="Code: ")
    core.gets("enroll-answer", challenge="c1", text="1").sends("done", result="deny", reason="three wrong codes")
    result = ask("verify", "alice", "--json", stdin="1\n")
    assert result.status == 1 and result.objects[0]["op"] == "verify" and "three wrong codes" in result.err


LINK = "https://t.me/example_bot?start=" + "5f" * 16


def with_bots(tmp_path, *names):
    config = tmp_path / "bots.conf"
    config.write_text("".join(f'channel "{name}" {{ driver = telegram_bot bot_name = "example_bot" token = "file:/x" }}\n'
                              for name in names) + 'channel "out" { driver = file path = "/tmp/out" }\n')
    return ["--config", str(config)]


def test_a_link_for_telegram(core, ask, tmp_path):
    core.gets("link-begin", user="alice", channel="tg").sends("done", result="allow", reason=LINK)
    result = ask("telegram", "alice", *with_bots(tmp_path, "tg"), config=False)
    assert result.status == 0 and result.err == ""
    assert result.lines == ["alice opens this link on a phone with Telegram, within 10 minutes, and taps Start:", "", LINK, "",
                            "Then: whatsapp-otpctl test alice --channel tg"]


def test_a_link_as_json(core, ask):
    core.gets("link-begin", user="alice", channel="tg").sends("done", result="allow", reason=LINK)
    assert ask("telegram", "alice", "--channel", "tg", "--json").objects == [
        {"user": "alice", "channel": "tg", "link": LINK}]


def test_a_link_is_refused(core, ask):
    core.gets("link-begin", user="carol", channel="tg").sends("done", result="deny", reason="carol is not enrolled")
    result = ask("telegram", "carol", "--channel", "tg")
    assert (result.status, result.err) == (1, "whatsapp-otpctl: telegram carol: carol is not enrolled\n")


@pytest.mark.parametrize("names, what", [
    ([], "has driver = telegram_bot; add one"), (["tg", "tg2"], "both tg and tg2 have a bot; name one by --channel")])
def test_which_bot(otpctl, tmp_path, names, what):
    result = otpctl("telegram", "alice", *with_bots(tmp_path, *names), config=False)
    assert (result.status, result.out) == (2, "") and what in result.err


@pytest.mark.parametrize("columns, shown", [(80, True), (24, False)])
def test_a_terminal_shows_the_qr_code_if_it_fits(core, columns, shown):
    core.gets("link-begin", user="alice", channel="tg").sends("done", result="allow", reason=LINK)
    core.start()
    terminal = pexpect.spawn(PROGRAM, ["telegram", "alice", "--channel", "tg", "--socket", core.path], encoding="utf-8",
                             timeout=20, env={"PATH": "/usr/bin", "TERM": "xterm"}, dimensions=(60, columns))
    terminal.expect(pexpect.EOF)
    blocks = [line for line in terminal.before.splitlines() if line.startswith("\033[30;107m")]
    assert bool(blocks) == shown and ("a wider terminal" in terminal.before) == (not shown)
    # A square, two rows a line, with a light edge: a code that a phone can read.
    widths = {len(line) - len("\033[30;107m") - len("\033[0m") for line in blocks}
    assert not shown or (len(widths) == 1 and abs(widths.pop() - 2 * len(blocks)) <= 1 and not blocks[0][10:-4].strip())


def test_set_without_anything_to_set(otpctl):
    result = otpctl("set", "alice")
    assert result.status == 2 and "nothing to set" in result.err


@pytest.mark.parametrize("command, outcome", [("suspend", "suspended"), ("resume", "active"), ("unlock", "unlocked")])
def test_one_word_changes_a_user(core, ask, command, outcome):
    core.gets(command, user="alice").sends("done", result="allow")
    result = ask(command, "alice")
    assert (result.status, result.out) == (0, f"alice is {outcome}\n")


def test_the_core_knows_what_was_there_before(core, ask):
    core.gets("suspend", user="alice").sends("done", result="allow", reason="alice was suspended before")
    result = ask("suspend", "alice")
    assert (result.status, result.out) == (0, "alice was suspended before\n")


def test_a_core_without_its_database(core, ask):
    core.gets("unlock", user="alice").sends("done", result="unavailable")
    result = ask("unlock", "alice", "--json")
    assert result.status == 1
    assert result.objects == [{"op": "unlock", "user": "alice", "result": "unavailable", "reason": ""}]
    assert "whatsapp-otpctl health" in result.err


def test_remove_wants_yes_where_nobody_can_be_asked(otpctl, ask, core):
    refused = otpctl("remove", "alice", "--socket", core.path, stdin="y\n")
    assert refused.status == 2 and "add --yes" in refused.err
    core.gets("remove", user="alice").sends("done", result="allow")
    result = ask("remove", "alice", "--yes")
    assert (result.status, result.out) == (0, "alice is removed\n")


@pytest.mark.parametrize("typed, status", [("y", 0), ("n", 1), ("", 1)])
def test_remove_asks_on_a_terminal(core, typed, status):
    if status == 0:
        core.gets("remove", user="alice").sends("done", result="allow")
    core.start()
    terminal = pexpect.spawn(PROGRAM, ["remove", "alice", "--socket", core.path], encoding="utf-8", timeout=20)
    terminal.expect_exact("Forget the number of alice? Codes stop working for this user at once. [y/N] ")
    terminal.sendline(typed)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == status
    assert ("alice is removed" in terminal.before) == (status == 0)
