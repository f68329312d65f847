"""Tab in bash."""

import os
import subprocess

import pytest

from conftest import TOP

FILE = os.path.join(TOP, "data", "completions", "whatsapp-otpctl")


@pytest.fixture
def tab(tmp_path):
    """What bash offers behind these words; the list of users comes from a stand-in for the tool."""
    tool = tmp_path / "whatsapp-otpctl"
    tool.write_text("#!/bin/sh\n[ -z \"$LIST_FAILS\" ] || { echo broken >&2; exit 3; }\n"
                    "[ \"$*\" = list ] && printf 'USER STATE\\nalice active\\nbob locked\\n'\n")
    tool.chmod(0o755)

    def offered(*words, **environment):
        script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _whatsapp_otpctl; '
                  'for reply in "${COMPREPLY[@]}"; do printf "%s\\n" "$reply"; done')
        done = subprocess.run(["bash", "-c", script, "bash", FILE, "whatsapp-otpctl", *words], capture_output=True, text=True,
                              env={"PATH": f"{tmp_path}:/usr/bin:/bin", **environment}, cwd=tmp_path)
        assert done.stderr == ""
        return done.stdout.split()

    return offered


def test_commands(tab):
    assert tab("re") == ["resume", "remove"]
    assert tab("alarms", "") == ["ack"] and tab("route", "") == ["explain"]
    assert tab("breakers", "c") == ["close"]
    assert tab("--json", "ch") == ["challenges"]
    assert tab("--config", "/x", "config", "") == ["check"]
    assert tab("key", "") == ["init"]
    assert tab("template", "") == ["create", "list", "status", "delete"]
    assert tab("number", "re") == ["register", "request-code"] and tab("webhook", "su") == ["subscribe"]
    assert tab("se") == ["set", "setup"]


def test_options_of_a_command(tab):
    assert "--no-verify" in tab("enroll", "alice", "--")
    assert tab("remove", "alice", "--y") == ["--yes"]
    assert tab("config", "check", "--se") == ["--secrets"]
    assert tab("stats", "--by", "") == ["channel", "country", "provider", "hour"]
    assert tab("stats", "--since", "to") == ["today"]
    assert tab("set", "alice", "--e") == ["--email"]
    assert tab("route", "explain", "alice", "--s") == ["--socket", "--service"]
    assert "--yes" not in tab("list", "--")
    assert tab("number", "request-code", "--method", "") == ["SMS", "VOICE"]
    assert tab("number", "register", "--p") == ["--pin-file"]
    assert tab("template", "delete", "--y") == ["--yes"] and tab("setup", "--a") == ["--answers"]


def test_enrolled_users(tab):
    assert tab("show", "") == ["alice", "bob"]
    assert tab("unlock", "b") == ["bob"]
    assert tab("show", "alice", "") == []
    assert tab("route", "explain", "a") == ["alice"] and tab("verify", "") == ["alice", "bob"]


def test_the_channels_of_the_config(tab, tmp_path):
    config = tmp_path / "my.conf"
    config.write_text('core { }\n# channel "old" { }\nchannel "wa-1" { driver = twilio }\n  channel "sms" {\n}\n')
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "mail.conf").write_text('channel "mail" { driver = email }\n')
    for words in (("--config", str(config)), ("--config", "my.conf")):
        assert tab(*words, "set", "alice", "--channel", "") == ["auto", "wa-1", "sms", "mail"]
    assert tab("--config", str(config), "breakers", "close", "s") == ["sms"]


def test_no_config_no_noise(tab, tmp_path):
    assert tab("--config", str(tmp_path / "none.conf"), "test", "alice", "--channel", "") == ["auto"]


def test_no_core_no_noise(tab):
    assert tab("show", "", LIST_FAILS="1") == []
