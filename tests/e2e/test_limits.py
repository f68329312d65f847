"""What a person who types on and on, or who asks again and again, meets: limits by their defaults, counted in messages."""

import pytest

from login import Terminal, ssh, ssh_command, stacked
from machine import otpctl, wait_for
from wire import Connection


def begin(user, service="sshd", **more):
    connection = Connection()
    connection.begin(user, service, **more)
    return connection


def wrong_for(phone):
    wait_for(phone.messages, "the message")
    return phone.wrong()


def test_ten_wrong_codes_lock_the_account_until_the_admin_unlocks_it(product, phone):
    """Over four challenges and two services: the count belongs to the account."""
    results = []
    while len(results) < 10:
        window = begin("alice", "sshd" if len(results) % 2 else "login")
        results.append(window.answer(wrong_for(phone))["result"])
        window.close()
    assert set(results) <= {"deny", "locked"}
    sent = phone.count()
    locked = begin("alice", "su")
    asked = locked.answer("000000")
    assert asked["result"] in ("deny", "locked")
    assert phone.count() == sent, "nobody sends to a locked account"
    assert '"locked"' in otpctl("show", "alice", "--json").stdout
    otpctl("unlock", "alice")
    assert '"active"' in otpctl("show", "alice", "--json").stdout


def test_the_fourth_message_within_ten_minutes_is_not_sent(product, phone):
    """Four services, so four challenges: the limit is the user's."""
    answers = []
    for service in ("sshd", "login", "su", "cockpit"):
        with Connection() as window:
            answers.append(window.begin("alice", service)["prompt"])
    phone.settled(3, 0)
    assert "Too many codes" in answers[3], answers


def test_the_limit_of_one_user_does_not_touch_another(product, phone):
    for service in ("sshd", "login", "su", "cockpit"):
        begin("alice", service).close()
    with Connection() as window:
        window.begin("bob")
    phone.settled(4, 0)


def test_a_success_does_not_refill_the_hour(product, phone):
    for _ in range(3):
        with Connection() as window:
            window.begin("alice")
            assert window.answer(phone.code())["result"] == "allow"
    begin("alice").close()
    phone.settled(3, 0)


def test_a_suspended_user_sees_the_prompt_and_gets_nothing(product, phone, sshd):
    otpctl("suspend", "alice")
    result = ssh("alice", ["123456"])
    assert not result.allowed and "Code" in result.prompts[0]
    phone.settled(0, 0)
    otpctl("resume", "alice")
    assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)


@pytest.mark.config(more='policy "cron" { users = {"bob"} exempt = yes }')
def test_an_exempt_user_is_not_asked(product, phone, sshd):
    """The module answers IGNORE: the stack needs somebody else to say yes."""
    with stacked("sshd", "required pam_whatsapp_otp.so", "required pam_permit.so"):
        result = ssh("bob", [])
        assert result.allowed and not result.prompts, result
        assert ssh("alice", [phone.code]).allowed
    phone.settled(1, 0)


def test_not_enrolled_and_nullok_lets_the_first_factor_decide(product, phone, sshd):
    otpctl("remove", "bob", "--yes")
    with stacked("sshd", "required pam_whatsapp_otp.so nullok", "required pam_permit.so"):
        assert ssh("bob", []).allowed
    phone.settled(0, 0)


def test_enter_at_a_sent_code_costs_no_try(product, phone, sshd):
    terminal = Terminal(ssh_command("alice"))
    terminal.prompt()
    code = phone.code()
    terminal.type("").prompt()
    assert terminal.type(code).end().allowed, terminal.seen
    phone.settled(1, 0)
