"""A core that talks nonsense opens nothing: only an exact `done allow` is PAM_SUCCESS, only `done ignore` PAM_IGNORE."""

import os

import pytest

from host import AUTHINFO_UNAVAIL, ERR, IGNORED, SUCCESS

ALLOW = b"op=done\nresult=allow\nreason=ok\n"
IGNORE = b"op=done\nresult=ignore\n"

GARBAGE = {
    "a NUL": b"\0",
    "zeros": b"\0" * 4096,
    "noise": bytes(range(256)) * 4,
    "the largest datagram": b"op=done\nresult=allow\nx=" + b"y" * 4072 + b"\n",
    "one byte too large": b"op=done\nresult=allow\nx=" + b"y" * 4073 + b"\n",
    "much too large": b"op=done\nresult=allow\nx=" + b"y" * 60000 + b"\n",
    "too large, and whole where it is cut": b"op=done\nresult=allow\nx=" + b"y" * 4072 + b"\nresult=deny\n",
    "no op": b"result=allow\n",
    "op twice": b"op=done\nop=done\nresult=allow\n",
    "result twice": b"op=done\nresult=allow\nresult=allow\n",
    "allow and deny": b"op=done\nresult=deny\nresult=allow\n",
    "no result": b"op=done\n",
    "a number for a result": b"op=done\nresult=1\n",
    "no newline": b"op=done\nresult=allow",
    "carriage returns": b"op=done\r\nresult=allow\r\n",
    "a blank line": b"op=done\n\nresult=allow\n",
    "a space": b"op=done\nresult= allow\n",
    "upper case": b"op=done\nresult=ALLOW\n",
    "a reason too long": b"op=done\nresult=allow\nreason=" + b"x" * 256 + b"\n",
    "an escape in the reason": b"op=done\nresult=allow\nreason=\x1b[2J\n",
    "bad UTF-8 in the reason": b"op=done\nresult=allow\nreason=\xc0\x80\n",
    "an ask without a prompt": b"op=ask\nchallenge=c\n",
    "an ask without a challenge": b"op=ask\nprompt=Code: \n",
    "a prompt too long": b"op=ask\nchallenge=c\nprompt=" + b"x" * 401 + b"\n",
    "an escape in the prompt": b"op=ask\nchallenge=c\nprompt=\x1b[2J\n",
    "a stray backslash": b"op=ask\nchallenge=c\nprompt=\\t\n",
    "a challenge too long": b"op=ask\nchallenge=" + b"c" * 56 + b"\nprompt=x\n",
    "our own words": b"op=login-begin\nuser=alice\nservice=sshd\n",
    "another socket's words": b"op=health\nstate=ok\n",
}
ALLOWED_GARBAGE = {"the largest datagram"}  # unknown keys are skipped


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_instead_of_a_reply(core, host, name):
    alice = host("failmode=allow nullok")
    alice.authenticate()
    connection, _ = core.begin()
    connection.say(GARBAGE[name])
    if name in ALLOWED_GARBAGE:
        assert alice.result() == SUCCESS
        return
    assert alice.result() == AUTHINFO_UNAVAIL
    assert alice.logged("makes no sense", ERR)


@pytest.mark.parametrize("name", GARBAGE.keys() - ALLOWED_GARBAGE)
def test_garbage_instead_of_a_verdict(core, host, name):
    alice = host("failmode=allow nullok")
    alice.authenticate()
    connection, _ = core.begin()
    connection.ask("c1", "Code: ")
    alice.prompt()
    alice.answer("123456")
    connection.receive()
    connection.say(GARBAGE[name])
    assert alice.result() == AUTHINFO_UNAVAIL


def test_an_empty_datagram_is_a_core_that_left(core, host):
    alice = host("failmode=allow")
    alice.authenticate()
    connection, _ = core.begin()
    connection.say(b"")
    assert alice.result() == AUTHINFO_UNAVAIL


def means(datagram):
    """What a datagram says by whatsapp-otp-protocol(7), written down a second time: its result, or None."""
    lines = datagram.split(b"\n")
    if lines[0] != b"op=done" or lines.pop() != b"":
        return None
    seen = {}
    for line in lines[1:]:
        key, equals, value = line.partition(b"=")
        if not key or not equals or key == b"op" or (key in seen and key in (b"result", b"reason", b"challenge")):
            return None
        seen[key] = value
    for key, size in ((b"reason", 255), (b"challenge", 39)):
        value = seen.get(key, b"")
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            return None
        if len(value) > size or any(c < " " or c == "\x7f" for c in text):
            return None
    result = seen.get(b"result", b"").decode("latin-1")
    return result if result in ("allow", "deny", "ignore", "locked", "unavailable") else None


def mutants(datagram):
    for length in range(1, len(datagram)):
        yield datagram[:length]
    for at in range(len(datagram)):
        yield datagram[:at] + datagram[at + 1:]
        for byte in (0, 1, 9, 10, 13, 32, 61, 65, 92, 97, 127, 128, 255, datagram[at] ^ 1, datagram[at] ^ 32):
            yield datagram[:at] + bytes([byte]) + datagram[at + 1:]
            yield datagram[:at] + bytes([byte]) + datagram[at:]
    for line in datagram.splitlines(True):
        yield datagram + line
        yield line + datagram
        yield datagram.replace(line, b"")


@pytest.mark.parametrize("whole, meaning, verdict", [(ALLOW, "allow", SUCCESS), (IGNORE, "ignore", IGNORED)])
def test_only_the_exact_words_open(core, host, whole, meaning, verdict):
    alice = host("failmode=allow nullok")
    tried = opened = 0
    for mutant in filter(None, mutants(whole)):
        alice.logs.clear()
        alice.authenticate()
        connection, _ = core.begin()
        connection.say(mutant)
        got = alice.result()
        connection.close()
        core.connections.clear()
        assert (got == verdict) == (means(mutant) == meaning), mutant
        assert got not in {SUCCESS, IGNORED} - {verdict}, mutant
        tried += 1
        opened += got == verdict
    assert tried > 600 and opened < tried / 4


def test_noise_opens_nothing(core, host):
    alice = host("failmode=allow nullok")
    for length in [1, 2, 3, 7, 21, 64, 255, 1024, 4096] * 10:
        alice.authenticate()
        connection, _ = core.begin()
        connection.say(os.urandom(length))
        assert alice.result() == AUTHINFO_UNAVAIL
        connection.close()
        core.connections.clear()
