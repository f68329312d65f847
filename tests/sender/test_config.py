"""Options that cannot work are found at start, with their place; with no channel left the sender does not run."""

import pytest

from program import until

WHATSAPP = {
    "no token": (dict(token='""'), "needs token"),
    "id": (dict(phone_number_id='"12a"'), "needs phone_number_id"),
    "version": (dict(api_version='"25"'), "needs api_version"),
    "template": (dict(template='"Login Code"'), "needs template"),
    "language": (dict(language='""'), "needs language"),
    "languages": (dict(languages='{"ar"}', language='"en_US"'), "language \"en_US\" is not one of languages"),
    "account": (dict(waba_id='"WABA 1"'), "waba_id: digits"),
    "http": (dict(base_url='"http://graph.facebook.com"'), "plain http:// is for loopback"),
    "loopback by name only": (dict(base_url='"http://127.0.0.1.example.com"'), "plain http:// is for loopback"),
    "user in url": (dict(base_url='"https://user:pass@example.com"'), "is no URL"),
    "scheme": (dict(base_url='"ftp://127.0.0.1"'), "must begin with https://"),
    "query": (dict(base_url='"https://example.com?x=1"'), "ends behind its path"),
    "ca file": (dict(ca_file='"/nowhere/ca.pem"'), "ca_file /nowhere/ca.pem"),
    "token file": (dict(token='"file:/nowhere/token"'), "/nowhere/token"),
}
SMS = {
    "no url": (dict(url='""'), "needs url"),
    "secret in url": (dict(url='"https://127.0.0.1/?k={secret}"'), "{secret} may not stand in url"),
    "unknown in url": (dict(url='"https://127.0.0.1/{user}"'), "url: {user} is no placeholder"),
    "brace in url": (dict(url='"https://127.0.0.1/{to"'), "url: a brace belongs to no placeholder"),
    "one slash": (dict(url='"https:/{to_digits}.example.com/"'), "is no URL"),
    "three slashes": (dict(url='"https:///{to_digits}/x"'), "is no URL"),
    "host by placeholder": (dict(url='"https://{to_digits}.example.com/"'), "in front of the path"),
    "http": (dict(url='"http://sms.example.com/"'), "plain http:// is for loopback"),
    "no success test": (dict(success_pointer='""'), "needs a positive success test"),
    "pointer": (dict(success_pointer='"id"'), "success_pointer is no JSON pointer"),
    "id pointer": (dict(id_pointer='"id"'), "id_pointer is no JSON pointer"),
    "header": (dict(headers='{"NoColon"}'), "is not \"Name: value\""),
    "unknown in header": (dict(headers='{"X-A: {b}"}'), "headers: X-A: {b} is no placeholder"),
    "two headers in one": (dict(headers='{"X-A: b\\r\\nX-C: d"}'), "headers: a control character in X-A"),
    "host header": (dict(headers='{"Host: x"}'), "headers: Host is not"),
    "no body": (dict(body='""'), "a POST request needs body"),
    "body of get": (dict(method="GET"), "a GET request has no body"),
    "unknown in body": (dict(body='"{phone}"'), "body: {phone} is no placeholder"),
    "no json": (dict(body_type="json", body="'{\"to\":{to}}'"), "body is no JSON"),
    "no secret": (dict(secret='""'), "{secret} is used, but secret is not set"),
    "no sender": (dict(body='"from={sender}"'), "{sender} is used, but sender is not set"),
    "no template": (dict(body='"{template}"'), "{template} is used, but template is not set"),
    "no callback": (dict(headers='{"X-DLR: {callback_url}?id={id}"}'), "{callback_url} is used, but callback_url is not"),
    "message id of a send": (dict(body='"{message_id}"'), "body: {message_id} is no placeholder"),
    "error pointer": (dict(error_pointer='"code"', errors='{"1=config"}'), "error_pointer is no JSON pointer"),
    "error pointer alone": (dict(error_pointer='"/code"'), "error_pointer needs errors"),
    "error class": (dict(errors='{"1=fatal"}'), 'errors: "1=fatal" is not "CODE=accepted"'),
    "error without code": (dict(errors='{"=config"}'), 'errors: "=config" is not'),
    "error without class": (dict(errors='{"1"}'), 'errors: "1" is not'),
    "no poll url": (dict(receipts="poll"), "receipts = poll needs poll_url"),
    "poll pointer alone": (dict(poll_pointer='"/state"'), "what begins with poll_ needs poll_url"),
    "secret in poll url": (dict(poll_url='"https://127.0.0.1/{message_id}?k={secret}"'), "may not stand in poll_url"),
    "number in poll url": (dict(poll_url='"https://127.0.0.1/{to}/{message_id}"'), "poll_url: {to} is no placeholder"),
    "poll url in clear": (dict(poll_url='"http://sms.example.com/{message_id}"'), "poll_url must begin with https://"),
    "poll for nothing": (dict(poll_url='"https://127.0.0.1/status"'), "must say which message: {message_id}"),
    "poll without id": (dict(poll_url='"https://127.0.0.1/{message_id}"', id_pointer=""), "poll_url needs id_pointer"),
    "poll without pointer": (dict(poll_url='"https://127.0.0.1/{message_id}"'), "poll_url needs poll_pointer and poll_states"),
    "poll body of get": (dict(poll_url='"https://127.0.0.1/s"', poll_body='"{message_id}"'), "poll_body: a GET request has"),
    "poll without body": (dict(poll_url='"https://127.0.0.1/s"', poll_method="POST"), "a POST request needs poll_body"),
    "poll body that is no json": (dict(poll_url='"https://127.0.0.1/s"', poll_method="POST", body_type="json", body="'{}'",
                                       poll_body='"{message_id}"'), "poll_body is no JSON"),
    "poll state": (dict(poll_url='"https://127.0.0.1/{message_id}"', poll_pointer='"/s"', poll_states='{"x=lost"}'),
                   'poll_states: "x=lost" is not "WORD=sent"'),
}


def refuse(sender, section, words):
    sender.configure(section)
    assert sender.start().child.wait(10) == 1
    assert words in sender.log()
    assert "whatsapp-otp.conf:" in sender.log()


@pytest.mark.parametrize("options, words", WHATSAPP.values(), ids=WHATSAPP.keys())
def test_whatsapp_channel(sender, folder, options, words):
    options = {"token": f'"file:{folder}/meta.token"', "phone_number_id": '"1"', "api_version": '"v25.0"',
               "template": '"t"', **options}
    more = " ".join(f"{key}={value}" for key, value in options.items())
    refuse(sender, f'channel "wa" {{ driver=whatsapp_cloud {more} }}\n', words)


@pytest.mark.parametrize("options, words", SMS.values(), ids=SMS.keys())
def test_gateway_channel(sender, options, words):
    url = options.get("url", '"https://127.0.0.1/sms"').strip('"')
    options = {key: value for key, value in options.items() if key != "url"}
    refuse(sender, sender.sms(url, **options), words)


def test_file_channel_needs_a_path(sender):
    refuse(sender, 'channel "f" { driver=file }\n', "needs path")


def test_driver_that_does_not_exist(sender):
    refuse(sender, 'channel "x" { driver=fax }\n', 'there is no driver "fax"')


def test_text_with_an_unknown_placeholder(sender):
    sender.configure("text \"en\" { sms = '{code} for {user}' }\n")
    assert sender.start().child.wait(10) == 1
    assert "{user} is no placeholder" in sender.log()


TEXTS = {
    "sms without code": ("sms = 'Welcome to {host}'", "sms: {code} is missing"),
    "e-mail without code": ("email = 'Welcome to {host}'", "email: {code} is missing"),
    "sms that does not tell the expiry": ("sms = '{code} for {host}'", "sms: {minutes} is missing"),
    "e-mail that does not tell the expiry": ("email = '{code} for {host}'", "email: {minutes} is missing"),
    "call without digits": ("voice = 'Hello'", "voice: {digits} is missing"),
    "call with the code as a number": ("voice = '{digits} {code}'", "voice: {code} is no placeholder"),
    "code in the subject": ("subject = '{code} is your code'", "subject: {code} is no placeholder"),
    "subject of two lines": ('subject = "Code\\r\\nBcc: all"', "subject: a subject has one line"),
}


@pytest.mark.parametrize("line, words", TEXTS.values(), ids=TEXTS.keys())
def test_text_that_would_not_help(sender, line, words):
    refuse(sender, f'text "en" {{ {line} }}\n', f'text "en": {words}')


def test_receipts_that_the_driver_cannot_ask_for(sender, folder):
    refuse(sender, f'channel "f" {{ driver=file path="{folder}/m" receipts=poll }}\n', "receipts = poll is not for it")


def test_one_channel_without_its_secret_does_not_stop_the_others(sender, core, folder, provider, order):
    sender.configure(sender.whatsapp(provider.url), sender.sms(provider.url + "/sms", secret='"file:/nowhere/key"'))
    sender.start()
    core.wait_connected()
    assert core.health_of("whatsapp")["state"] == "ok"
    health = core.health_of("sms")
    assert health["state"] == "failed" and "/nowhere/key" in health["detail"]
    order("sms")
    answer = core.answer()
    assert (answer["failure"], answer["code"]) == ("config", "closed")
    assert answer["detail"] == health["detail"]
    order("whatsapp")
    assert core.answer()["op"] == "sent"
    assert sender.log().count("this channel stays closed") == 1


def test_reload_that_would_close_a_channel_is_refused(started, core, folder, order):
    started.config.write_text(started.config.read_text().replace(f"{folder}/sms.key", "/nowhere/key"))
    started.reload()
    until(lambda: "/nowhere/key" in started.log(), "the reason is logged")
    order("sms")
    assert core.answer()["op"] == "sent"


def test_token_that_others_can_read(sender, folder, provider):
    (folder / "meta.token").chmod(0o644)
    refuse(sender, sender.whatsapp(provider.url), "chmod 0400")


def test_token_of_two_lines(sender, folder, provider):
    (folder / "meta.token").chmod(0o600)
    (folder / "meta.token").write_text("one\nHost: two\n")
    refuse(sender, sender.whatsapp(provider.url), "more than one word")
