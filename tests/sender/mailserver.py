"""
A submission server on loopback that a test plays (RFC 5321, 3207, 4954). It is strict: whatever a client says before TLS
but EHLO, STARTTLS and QUIT is a complaint, and so is a mail that is not as RFC 5322 and 2045 want it.
"""

import base64
import email.policy
import queue
import re
import socket
import ssl
import threading

USER, PASSWORD = "otp", "canary pass$word"
PROOF = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


class MailServer:
    def __init__(self, certificate, implicit=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*map(str, certificate))
        self.implicit = implicit
        self.offers_starttls = True
        self.after_starttls = b""  # what is smuggled in behind the reply to STARTTLS
        self.replies = {}  # by verb; "END" is the dot; a function is called with the server's connection
        self.mails = queue.Queue()
        self.complaints = []
        self.connections = 0
        self.lines = []  # all that was heard
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'smtps' if implicit else 'smtp'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            if self.implicit:
                connection = self.context.wrap_socket(connection, server_side=True)
            Conversation(self, connection).hold()
        except (OSError, ValueError, EOFError):
            pass  # the sender has gone, or would not come
        finally:
            connection.close()

    def mail(self):
        return self.mails.get(timeout=10)

    def stop(self):
        self.listener.close()


class Conversation:
    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.stream = connection.makefile("rb")
        self.tls, self.login, self.sender, self.recipients = server.implicit, False, None, []

    def say(self, *lines):
        for i, line in enumerate(lines):
            code, text = line.split(" ", 1)
            self.connection.sendall(f"{code}{' ' if i + 1 == len(lines) else '-'}{text}\r\n".encode())

    def complain(self, what):
        self.server.complaints.append(what)

    def drop(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def line(self):
        line = self.stream.readline()
        if not line:
            raise EOFError
        if not line.endswith(b"\r\n"):
            self.complain(f"line without CRLF: {line!r}")
        return line[:-2].decode("ascii")

    def hold(self):
        self.say("220 mail.example ESMTP")
        while True:
            line = self.line()
            self.server.lines.append(line)
            verb = line.split(" ", 1)[0].upper()
            if not self.tls and verb not in ("EHLO", "STARTTLS", "QUIT"):
                self.complain(f"{verb} in clear")
            if not self.scripted(verb):
                getattr(self, f"on_{verb.lower()}", self.on_unknown)(line)
            if verb == "QUIT":
                return

    def scripted(self, verb):
        reply = self.server.replies.get(verb)
        if callable(reply):
            reply(self)
        elif reply:
            self.say(reply)
        return reply is not None

    def on_unknown(self, line):
        self.complain(f"unknown: {line}")
        self.say("500 what?")

    def on_ehlo(self, line):
        if not re.fullmatch(r"EHLO [A-Za-z0-9.\-\[\]:]+", line):
            self.complain(line)
        offers = ["AUTH PLAIN LOGIN"] if self.tls else ["STARTTLS"] if self.server.offers_starttls else []
        self.say("250 mail.example", "250 8BITMIME", *(f"250 {offer}" for offer in offers))

    def on_starttls(self, line):
        if self.tls or not self.server.offers_starttls:
            self.complain("STARTTLS that was not offered")
        self.connection.sendall(b"220 go ahead\r\n" + self.server.after_starttls)
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.stream = self.connection.makefile("rb")
        self.tls = True

    def on_auth(self, line):
        mechanism, _, proof = line[5:].partition(" ")
        if mechanism != "PLAIN":
            self.complain(line)
        if not proof:
            self.say("334 ")
            proof = self.line()
        self.login = proof == PROOF
        self.say("235 welcome" if self.login else "535 5.7.8 no")

    def on_mail(self, line):
        match = re.fullmatch(r"MAIL FROM:<([^<>]+)>(?: SIZE=\d+)?(?: BODY=8BITMIME)?", line)
        self.sender, self.recipients = match and match[1], []
        if not match or not self.login:
            self.complain(line)
        self.say("250 ok")

    def on_rcpt(self, line):
        match = re.fullmatch(r"RCPT TO:<([^<>]+)>", line)
        if not match or not self.sender or self.recipients:
            self.complain(line)
        self.recipients.append(match and match[1])
        self.say("250 ok")

    def on_data(self, line):
        if not self.recipients:
            self.complain("DATA without a recipient")
        self.say("354 go on")
        lines = []
        while (line := self.line()) != ".":
            if len(line) > 78:
                self.complain("a line of the mail is too long")
            lines.append(line[1:] if line.startswith(".") else line)
        self.take("\r\n".join(lines) + "\r\n")
        if not self.scripted("END"):
            self.say("250 2.0.0 queued")

    def take(self, text):
        mail = email.message_from_string(text, policy=email.policy.SMTP)
        for header in ("Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"):
            if len(mail.get_all(header, [])) != 1:
                self.complain(f"{header}: not once")
        if mail.defects or mail["From"] != self.sender or [mail["To"]] != self.recipients:
            self.complain(f"defects {mail.defects}, or another envelope")
        self.server.mails.put(mail)

    def on_quit(self, line):
        self.say("221 bye")
