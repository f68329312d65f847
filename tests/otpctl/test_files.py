"""key init and config check: the files that an admin makes before anything runs."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from conftest import TOP

CONFIG = """
core { master_key = "file:%s" }
channel "whatsapp" { driver = whatsapp_cloud phone_number_id = "106540352242922" token = "%s" template = "login_code" }
channel "sms" { driver = http url = "https://sms.example/send" secret = "%s" }
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "whatsapp-otp.conf"

    def write(token="credential:meta-token", secret="credential:sms-key", more=""):
        path.write_text(CONFIG % (tmp_path / "master.key", token, secret) + more)
        return str(path)

    return write


def test_a_master_key_is_made_once(otpctl, tmp_path):
    path = tmp_path / "master.key"
    result = otpctl("key", "init", str(path))
    assert result.status == 0 and result.out.startswith(f"{path}: a new master key; keep a copy")
    key = path.read_text()
    assert len(key) == 65 and key.endswith("\n") and int(key, 16) > 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o400 and path.stat().st_uid == os.getuid()

    again = otpctl("key", "init", str(path))
    assert again.status == 1 and again.out == "" and path.read_text() == key
    assert again.err == (f"whatsapp-otpctl: {path}: exists; a new key would make every enrolment unreadable, "
                         "move it away first\n")


def test_two_keys_differ_and_no_umask_hurts(otpctl, tmp_path):
    old = os.umask(0o777)
    try:
        otpctl("key", "init", str(tmp_path / "a"))
        otpctl("key", "init", str(tmp_path / "b"), "--json")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o400
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_the_config_says_where_the_key_belongs(otpctl, config, tmp_path):
    result = otpctl("key", "init", "--config", config(), "--json", config=False)
    assert result.status == 0 and result.objects == [{"file": str(tmp_path / "master.key"), "created": True}]


def test_a_credential_has_no_place_of_its_own(otpctl, tmp_path):
    path = tmp_path / "c.conf"
    path.write_text("")
    result = otpctl("key", "init", "--config", str(path), config=False)
    assert result.status == 2 and "master_key is credential:master-key" in result.err and "give the FILE" in result.err


def test_no_key_in_a_folder_that_is_not_there(otpctl, tmp_path):
    result = otpctl("key", "init", str(tmp_path / "none" / "master.key"))
    assert result.status == 1 and "cannot be created: No such file or directory" in result.err


def test_a_dangling_link_is_not_followed(otpctl, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert otpctl("key", "init", str(tmp_path / "link")).status == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="wants root")
def test_root_gives_the_key_away(otpctl, tmp_path):
    path = tmp_path / "master.key"
    assert otpctl("key", "init", str(path), "--owner", "nobody").status == 0
    assert path.stat().st_uid != 0 and stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_key_for_nobody_at_all(otpctl, tmp_path):
    result = otpctl("key", "init", str(tmp_path / "k"), "--owner", "no-such-user")
    assert result.status == 2 and "no such user" in result.err and not (tmp_path / "k").exists()


def test_a_good_config(otpctl, config):
    path = config()
    result = otpctl("config", "check", path, config=False)
    assert (result.status, result.err) == (0, "")
    assert result.out == f"{path}: ok: 2 channels, 1 policy, 1 route, 0 texts\n"


def test_an_error_has_its_line(otpctl, config):
    path = config(more="policy \"x\" {\n\tttl = 6000\n}\n")
    result = otpctl("config", "check", path, config=False)
    assert result.status == 1 and result.out == ""
    assert result.err.startswith(f"whatsapp-otpctl: {path}:6: ") and "ttl" in result.err
    as_json = otpctl("config", "check", path, "--json", config=False)
    assert as_json.status == 1 and as_json.objects[0]["ok"] is False and "ttl" in as_json.objects[0]["errors"][0]


def test_a_key_without_effect_is_a_warning(otpctl, config):
    path = config(more='policy "x" { grace = 5 }\n')
    result = otpctl("config", "check", path, "--json", config=False)
    assert result.status == 0 and "warning: " in result.err and "grace" in result.err
    assert result.objects[0]["ok"] is True and "grace" in result.objects[0]["warnings"][0]


def test_a_group_that_is_not_there_is_a_warning(otpctl, config):
    path = config(more='policy "ops" { groups = {"no-such-group"} }\n')
    result = otpctl("config", "check", path, config=False)
    assert result.status == 0
    assert 'policy "ops": there is no group "no-such-group" on this host' in result.err


@pytest.mark.parametrize("keys, words", [
    ('path_meta = "/hook/meta"', "path_meta needs a secret that its requests prove: set app_secret"),
    ('path_meta = "/hook/"  app_secret = "file:/nowhere"', "path_meta must be a path of its own"),
    ('path_meta = "/a"  app_secret = "file:/nowhere"', "path_meta needs verify_token"),
    ('path_vonage = "/a"  vonage_secret = "file:/nowhere"  path_generic = "/a"  generic_secret = "file:/nowhere"',
     "path_generic is the path of another provider, too"),
    ('path_twilio = "/a"  twilio_secret = "file:/nowhere"', "path_twilio needs public_url"),
    ('public_url = "http://example.com"', "public_url must begin with https://"),
])
def test_what_the_webhook_would_refuse_is_an_error(otpctl, config, keys, words):
    result = otpctl("config", "check", config(more=f"webhook {{ {keys} }}\n"), config=False)
    assert (result.status, result.out) == (1, "")
    assert words in result.err and "webhook: " in result.err


def test_the_webhook_s_secrets_are_not_read_unasked(otpctl, config):
    path = config(more='webhook { path_vonage = "/a"  vonage_secret = "file:/nowhere" }\n')
    assert otpctl("config", "check", path, config=False).status == 0
    assert "/nowhere" in otpctl("config", "check", path, "--secrets", config=False).err


def test_secrets_are_read_where_they_can_be(otpctl, config, tmp_path):
    key, token = tmp_path / "master.key", tmp_path / "meta.token"
    for path in (key, token):
        path.write_text("a-seeded-secret\n")
        path.chmod(0o400)
    good = otpctl("config", "check", config(token=f"file:{token}"), "--secrets", config=False)
    assert good.status == 0
    assert "credential:sms-key: not read, systemd passes it to the daemon only" in good.err
    token.chmod(0o644)
    bad = otpctl("config", "check", config(token=f"file:{token}"), "--secrets", config=False)
    assert bad.status == 1 and 'channel "whatsapp": token: ' in bad.err and "chmod 0400" in bad.err
    assert "a-seeded-secret" not in good.out + good.err + bad.out + bad.err


def test_what_an_sms_costs_in_each_language(otpctl, config):
    path = config(more="""
core { hostname = "web1" }
text "de" { sms = '{code} ist Ihr Code für {host} ({service}), {minutes} min gültig.' }
text "ar" { sms = '{code} رمز الدخول إلى {host} ({service}) من {address}، صالح {minutes} دقائق. لا تخبر به أحدا.' }
channel "wa2" { driver = whatsapp_cloud languages = {"en_US", "de", "ar", "ru"} }
""")
    result = otpctl("config", "check", path, config=False)
    assert result.status == 0
    assert ('text "ar": sms takes 84 units of UCS-2, one segment holds 70: host, address or service are cut until it '
            "fits: shorten it") in result.err
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["SMS", "IN", "TEXT", "ALPHABET", "UNITS", "SEGMENTS"],
        ["de", "own", "GSM-7", "52", "1"],
        ["ar", "own", "UCS-2", "67", "1"],
        ["en_US", "built", "in", "GSM-7", "85", "1"],
        ["ru", "built", "in", "UCS-2", "61", "1"],
        ["en", "built", "in", "GSM-7", "85", "1"],
    ]
    as_json = otpctl("config", "check", path, "--json", config=False).objects[0]
    assert as_json["sms"][1] == {"language": "ar", "own": True, "alphabet": "UCS-2", "units": 67, "segments": 1}


def test_a_text_that_fits_no_segment_at_all(otpctl, config):
    text = "{code} ist Ihr Code für {host}, {minutes} min gültig. " + "Sagen Sie ihn niemandem. " * 5
    result = otpctl("config", "check", config(more=f"""
core {{ hostname = "web1" }}
text "de" {{ sms = '{text}' }}
"""), config=False)
    assert result.status == 0
    assert ('text "de": sms takes 2 segments (171 units of GSM-7, one segment holds 160), all of which are paid for: '
            "shorten it") in result.err


def test_the_longest_values_of_the_config_count(otpctl, config):
    path = config(more="""
core { hostname = "a-rather-long-name.example.com" }
policy "all" { services = {"sudo", "a-service-of-some-length"} code_length = 10 ttl = 600 }
""")
    assert otpctl("config", "check", path, "--json", config=False).objects[0]["sms"] == [
        {"language": "en", "own": False, "alphabet": "GSM-7", "units": 134, "segments": 1}]


def test_a_text_with_a_placeholder_that_is_none(otpctl, config):
    result = otpctl("config", "check", config(more="text \"en\" { sms = '{code} for {user}' }\n"), config=False)
    assert result.status == 1 and 'text "en": sms: {user} is no placeholder that can stand here' in result.err


@pytest.mark.parametrize("line, words", [
    ("sms = '{code} for {host}'", "sms: {minutes} is missing"), ("sms = '{minutes} min'", "sms: {code} is missing"),
    ("email = '{code}'", "email: {minutes} is missing"), ("voice = 'Hello'", "voice: {digits} is missing"),
    ("voice = '{digits}'", None), ("subject = 'Your code'", None),
])
def test_a_text_must_hold_the_code_and_tell_when_it_expires(otpctl, config, line, words):
    path = config(more=f'text "en" {{ {line} }}\n')
    result = otpctl("config", "check", path, config=False)
    assert result.status == (1 if words else 0)
    assert f'{path}:5: text "en": {words}' in result.err if words else result.err == ""


@pytest.mark.parametrize("after, words", [(14, "paid for twice: take 15 to 60"), (15, None), (60, None),
                                          (61, "before the next channel is tried: take 15 to 60")])
def test_a_fallback_that_comes_too_soon_or_too_late(otpctl, config, after, words):
    path = config(more=f'route "default" {{ channels = {{"whatsapp", "sms"}} fallback_after = {after} }}\n')
    result = otpctl("config", "check", path, config=False)
    assert result.status == 0
    assert words in result.err if words else result.err == ""


def test_nobody_waits_in_a_route_of_one_channel(otpctl, config):
    path = config(more='route "sa" { countries = {"+966"} channels = {"sms"} fallback_after = 300 }\n')
    assert otpctl("config", "check", path, config=False).err == ""


def test_a_channel_in_no_route(otpctl, config):
    path = config(more='channel "call" { driver = twilio_voice }\n')
    result = otpctl("config", "check", path, config=False)
    assert result.status == 0
    assert f'{path}:5: channel "call" (voice): is in no route: only users who prefer it' in result.err


def test_languages_that_only_some_channels_have(otpctl, config):
    path = config(more="""channel "wa2" { driver = whatsapp_cloud language = "en_US" languages = {"en_US", "tr", "ar"} }
text "de" { sms = '{code} für {host}, {minutes} min' }
""")
    result = otpctl("config", "check", path, config=False)
    assert result.status == 0 and result.err.count("warning: ") == 2
    assert f'{path}:5: channel "wa2": languages has "tr", but there is no text for it' in result.err
    assert f'{path}:6: text "de": channel "wa2" has no template in it: its users get "en_US" there' in result.err


def test_the_example_config_is_a_good_one(otpctl):
    result = otpctl("config", "check", os.path.join(TOP, "data/examples/whatsapp-otp.conf"), config=False)
    assert (result.status, result.err) == (0, "")


def test_the_example_shows_defaults_that_are_good_values(otpctl, tmp_path):
    with open(os.path.join(TOP, "data/examples/whatsapp-otp.conf")) as example:
        text = re.sub(r"^\t# ([a-z_]+ = .*)$", r"\t\1", example.read(), flags=re.M)
    (tmp_path / "all.conf").write_text(text)
    result = otpctl("config", "check", str(tmp_path / "all.conf"), config=False)
    assert (result.status, result.err) == (0, "")


def keys_of_the_schema():
    with open(os.path.join(TOP, "daemon/base/config_schema.c")) as schema:
        text = schema.read()
    keys = set(re.findall(r"(?:STRING|PATH|SECRET|LIST|INT|CHOICE|WORD|MONEY|AT)\(config_\w+, (\w+)\b(?!##)", text))
    keys |= set(re.findall(r'\.key = "(\w+)"', text))
    for provider in re.findall(r"HEARS\((\w+)\),", text):
        keys |= {f"path_{provider}", f"{provider}_secret"}
    return keys


def test_every_key_is_in_the_manual():
    with open(os.path.join(TOP, "man/whatsapp-otp.conf.5")) as manual:
        lines = re.findall(r"^\.It Cm (.*)$", manual.read(), flags=re.M)
    assert len(keys_of_the_schema()) > 50
    assert keys_of_the_schema() == {key for line in lines for key in line.split(" , ")}


@pytest.mark.parametrize("page", ["whatsapp-otp.conf.5", "whatsapp-otpctl.8"])
def test_manuals_are_well_formed(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(TOP, "man", page)], capture_output=True,
                          text=True)
    assert (done.returncode, done.stdout) == (0, "")
