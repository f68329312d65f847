"""ssh with a key, then a code: unmodified sshd, the real client. Each row says how many messages it cost."""

import json

import pytest

from login import Terminal, another_sshd, ssh, ssh_command, stacked, without_terminal
from machine import enroll, otpctl, wait_for

pytestmark = pytest.mark.usefixtures("sshd")


def test_the_code_that_arrives_logs_in(product, phone):
    result = ssh("alice", [phone.code])
    assert result.allowed, result
    assert "[web1] " in result.prompts[0] and "…12" in result.prompts[0]
    phone.settled(1, 0)


def test_the_same_on_a_terminal(product, phone):
    terminal = Terminal(ssh_command("alice")).answer(phone.code)
    assert terminal.end().allowed, terminal.seen
    phone.settled(1, 0)


def test_a_typo_does_not_send_again(product, phone):
    code = []

    def typo(_prompt):
        code.append(phone.code())
        return phone.wrong()

    result = ssh("alice", [typo, lambda _: code[0]])
    assert result.allowed, result
    assert len(result.prompts) == 2
    phone.settled(1, 0)


def test_three_wrong_codes_end_it_and_cost_one_message(product, phone):
    def wrong(_prompt):
        wait_for(phone.messages, "the message")
        return phone.wrong()

    result = ssh("alice", [wrong, wrong, wrong, wrong, wrong])
    assert not result.allowed
    assert len(result.asked) == 3, result.prompts
    phone.settled(1, 0)


def test_spaces_and_a_dash_in_the_code_do_not_matter(product, phone):
    def grouped(_prompt):
        code = phone.code()
        return f" {code[:3]} {code[3:]} "

    assert ssh("alice", [grouped]).allowed
    phone.settled(1, 0)


@pytest.mark.config(policy="ttl = 30")
def test_an_expired_code_is_refused(product, phone):
    terminal = Terminal(ssh_command("alice", "-o", "NumberOfPasswordPrompts=1"), timeout=60)
    terminal.prompt()
    code = phone.code()
    wait_for(lambda: '"open"' not in otpctl("challenges", "--json").stdout, "the code to expire", 45)
    assert not terminal.type(code).end().allowed
    assert phone.count()[0] == 1


def test_a_code_works_once(product, phone):
    code = phone.code
    first = ssh("alice", [code])
    assert first.allowed
    used = phone.messages()[0]["code"]
    second = ssh("alice", [used, used, used])
    assert not second.allowed
    assert phone.count()[0] == 2, "the second login sent a code of its own"


def test_a_code_typed_in_two_windows_opens_one(product, phone):
    """Both wait for the same code: it is one login from one place."""
    windows = [Terminal(ssh_command("alice", "-o", "NumberOfPasswordPrompts=1")) for _ in range(2)]
    for window in windows:
        window.prompt()
    code = phone.code()
    for window in windows:
        window.type(code)
    allowed = [window.end().allowed for window in windows]
    assert sorted(allowed) == [False, True]
    phone.settled(1, 0)


@pytest.mark.config(limits="resend_cooldown = {1}")
def test_r_sends_a_new_code_and_voids_the_old_one(product, phone):
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    old = phone.code()
    cooled = wait_for_resend(terminal, phone, 2)
    new = phone.code()
    assert new != old
    terminal.type(old)
    terminal.prompt()
    assert terminal.type(new).end().allowed, (terminal.seen, cooled)
    phone.settled(2, 0)


def wait_for_resend(terminal, phone, count):
    """Types r until the cool-down is over."""
    prompts = []

    def sent():
        if phone.count()[0] < count:
            terminal.type("r")
            prompts.append(terminal.prompt())
        return phone.count()[0] >= count
    wait_for(sent, "a second message")
    return prompts


def test_r_within_the_cool_down_says_how_long_to_wait(product, phone):
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    code = phone.code()
    prompt = terminal.type("r").prompt()
    assert " s" in prompt and any(digit in prompt for digit in "0123456789"), prompt
    assert terminal.type(code).end().allowed
    phone.settled(1, 0)


@pytest.mark.config(limits="resend_cooldown = {1}")
def test_s_sends_an_sms_now(product, phone):
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    phone.code()

    def sms():
        if not phone.messages("sms"):
            terminal.type("s")
            terminal.prompt()
        return phone.messages("sms")

    message = wait_for(sms, "the SMS")[0]
    assert message["text"].startswith(message["code"])
    assert terminal.type(message["code"]).end().allowed, terminal.seen
    assert phone.count() == (1, 1)


def test_a_question_mark_explains(product, phone):
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    terminal.type("?").prompt()
    code = phone.code()
    assert terminal.type(code).end().allowed, terminal.seen
    assert "r" in terminal.seen and "s" in terminal.seen
    phone.settled(1, 0)


@pytest.mark.config(route="fallback_after = 1")
def test_an_sms_follows_when_the_phone_stays_silent(product, phone):
    terminal = Terminal(ssh_command("alice"))
    prompt = terminal.prompt()
    assert "SMS" in prompt
    sms = wait_for(lambda: phone.messages("sms"), "the SMS")[0]
    assert sms["code"] == phone.messages("whatsapp")[0]["code"], "a late WhatsApp message still works"
    assert terminal.type(sms["code"]).end().allowed
    phone.settled(1, 1)


@pytest.mark.config(route="fallback_after = 2")
def test_no_sms_follows_once_the_code_was_used(product, phone):
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0, quiet=3)


def test_whoever_whatsapp_cannot_reach_gets_an_sms_at_once(product, phone, simulator):
    simulator.stop()
    simulator.argv += ["--fail", "12=131026"]
    simulator.start()
    phone.__init__()
    product.sender.stop()
    product.sender.start()
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    sms = wait_for(lambda: phone.messages("sms"), "the SMS", 5)[0]
    assert terminal.type(sms["code"]).end().allowed
    phone.settled(1, 1)


def test_coming_back_within_the_life_of_the_code_sends_nothing_new(product, phone):
    left = Terminal(ssh_command("alice"))
    left.prompt()
    code = phone.code()
    left.vanish()
    assert ssh("alice", [code]).allowed
    phone.settled(1, 0)


@pytest.mark.config(route="fallback_after = 2")
def test_a_closed_window_pauses_the_sms(product, phone):
    left = Terminal(ssh_command("alice"))
    left.prompt()
    code = phone.code()
    left.vanish()
    phone.settled(1, 0, quiet=4)
    assert ssh("alice", [code]).allowed
    assert phone.count()[0] == 1


def test_batch_mode_costs_nothing(product, phone):
    assert not ssh("alice", [], "-o", "BatchMode=yes").allowed
    phone.settled(0, 0)


def test_without_a_terminal_at_most_one_message(product, phone):
    """The client answers "" three times at once."""
    result = without_terminal(ssh_command("alice"))
    assert not result.allowed
    phone.settled(1, 0)


def test_an_unknown_user_sees_the_same_prompt_and_nothing_is_sent(product, phone):
    with another_sshd(2201, AuthenticationMethods="keyboard-interactive:pam"):
        enrolled = ssh("alice", [], key=False, port=2201)
        unknown = ssh("mallory", [], key=False, port=2201)
    assert not enrolled.allowed and not unknown.allowed
    assert [p.replace("alice@", "") for p in enrolled.prompts] == [p.replace("mallory@", "") for p in unknown.prompts]
    assert "…" not in "".join(unknown.prompts), "no digits of a number without proof"
    phone.settled(0, 0)


def test_somebody_with_a_key_who_is_not_enrolled_gets_nothing(product, phone):
    otpctl("remove", "bob", "--yes")
    result = ssh("bob", ["123456", "123456", "123456"])
    assert not result.allowed
    assert len(result.asked) == 3, result.prompts
    phone.settled(0, 0)


def test_root_under_prohibit_password(product, phone, log):
    """sshd replaces what root types: nobody loses a try, and the log says what to change."""
    enroll("root")
    with another_sshd(2202, PermitRootLogin="prohibit-password", StrictModes="no",
                      AuthorizedKeysFile="/home/alice/.ssh/authorized_keys"):
        result = ssh("root", [phone.code], "-o", "NumberOfPasswordPrompts=1", port=2202, key="alice")
    assert not result.allowed
    assert phone.count()[0] <= 1
    wait_for(lambda: "PermitRootLogin" in log.text, f"a hint in the log:\n{log.text}")
    assert json.loads(otpctl("show", "root", "--json").stdout)["failures"] == 0


def test_the_password_method_sends_nothing_and_the_log_says_why(product, phone, log):
    with (stacked("sshd", "requisite pam_unix.so", "required pam_whatsapp_otp.so"),
          another_sshd(2203, PasswordAuthentication="yes", KbdInteractiveAuthentication="no", AuthenticationMethods="password")):
        result = ssh("alice", ["alice-password"] * 3, key=False, port=2203)
    assert not result.allowed
    wait_for(lambda: "KbdInteractiveAuthentication" in log.text, f"a hint in the log:\n{log.text}")
    phone.settled(0, 0)


def test_password_first_then_the_code(product, phone):
    with (stacked("sshd", "requisite pam_unix.so", "required pam_whatsapp_otp.so"),
          another_sshd(2204, AuthenticationMethods="keyboard-interactive:pam")):
        wrong = ssh("alice", ["not her password"], "-o", "NumberOfPasswordPrompts=1", key=False, port=2204)
        assert not wrong.allowed
        phone.settled(0, 0)
        right = ssh("alice", ["alice-password", phone.code], key=False, port=2204)
    assert right.allowed, right
    phone.settled(1, 0)


def test_another_user_of_the_same_host_has_a_code_of_her_own(product, phone):
    assert ssh("alice", [phone.code]).allowed
    assert ssh("bob", [phone.code]).allowed
    assert {m["to"] for m in phone.messages()} == {"+966500000012", "+966500000034"}
    phone.settled(2, 0)

