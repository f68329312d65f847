"""Meta's Graph API for the account commands, stricter than Meta: what is not known, twice or out of place is an error."""

import http.server
import json
import re
import threading
import urllib.parse

NUMBER, ACCOUNT, TOKEN = "106540352242922", "102290129340398", "EAAGraphToken0123456789"
LANGUAGES = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
FIELDS = {"id", "name", "status", "category", "language", "quality_score", "display_phone_number", "verified_name",
          "quality_rating", "code_verification_status", "name_status", "throughput", "platform_type", "health_status",
          "whatsapp_business_manager_messaging_limit"}


class Refused(Exception):
    def __init__(self, code, message="(#%d) refused", status=400, **more):
        super().__init__(code)
        self.status = status
        self.body = {"error": {"message": message % code if "%d" in message else message, "type": "OAuthException",
                               "code": code, "fbtrace_id": "AbCdEf123", **more}}


class Graph:
    def __init__(self):
        self.templates = []
        self.pin, self.code, self.status = None, None, "CONNECTED"
        self.health = {"can_send_message": "AVAILABLE", "entities": []}
        self.quality, self.name_status = "GREEN", "APPROVED"
        self.subscribed = []
        self.token = {"app_id": "1", "type": "SYSTEM_USER", "is_valid": True, "expires_at": 0,
                      "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"]}
        self.errors = {}    # ("POST", "register"): Refused, or what to do with the connection
        self.requests = []  # (method, path, body)
        self.wrong = []     # what no client of ours may do
        graph = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                graph.handle(self)

            do_GET = do_POST = do_DELETE = do_PUT = answer

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def approve(self, *languages, name="login_code", status="APPROVED", quality="GREEN", category="AUTHENTICATION"):
        for language in languages:
            self.templates.append({"id": str(5000000000 + len(self.templates)), "name": name, "language": language,
                                   "status": status, "category": category, "quality_score": {"score": quality}})

    def made(self, method, edge):
        return [body for m, path, body in self.requests if m == method and path.rsplit("/", 1)[-1] == edge]

    def complain(self, what):
        self.wrong.append(what)
        raise Refused(100, what)

    def read(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        raw = handler.rfile.read(length).decode()
        if not raw:
            return None
        if handler.headers.get("Content-Type") != "application/json":
            self.complain(f"content type {handler.headers.get('Content-Type')}")

        def once(pairs):
            if len({key for key, _ in pairs}) != len(pairs):
                self.complain("a key is there twice")
            return dict(pairs)

        return json.loads(raw, object_pairs_hook=once)

    def handle(self, handler):
        where = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(where.query, keep_blank_values=True, strict_parsing=bool(where.query)))
        try:
            body = self.read(handler)
            path = where.path.removeprefix("/v25.0/")
            self.requests.append((handler.command, path, body))
            self.check(handler, where.path, query)
            status, answer = 200, self.route(handler.command, path, query, body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        if answer is None:
            return handler.connection.close()
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def check(self, handler, path, query):
        if not path.startswith("/v25.0/") or "access_token" in query:
            self.complain(f"path {path}")
        if not re.fullmatch(r"[A-Za-z0-9_-]+/\d+\.\d+\.\d+.*", handler.headers.get("User-Agent", "")):
            self.complain("User-Agent")
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(190, f"Malformed access token {handler.headers.get('Authorization', '')[7:]}", 401)

    def keys(self, got, must, may=()):
        got = set(got or {})
        if not set(must) <= got or not got <= set(must) | set(may):
            self.complain(f"keys {sorted(got)}, wanted {sorted(must)}")

    def route(self, method, path, query, body):
        node, _, edge = path.partition("/")
        error = self.errors.get((method, edge or node))
        if isinstance(error, Refused):
            raise error
        if error is not None:
            return None if error == "drop" else error
        if path == "debug_token":
            return self.debug_token(method, query)
        action = getattr(self, f"{method}_{edge or 'node'}".lower(), None)
        if not action:
            self.complain(f"{method} {path}")
        of_number = edge in ("", "register", "request_code", "verify_code", "message_history")
        if node != (NUMBER if of_number else ACCOUNT):
            raise Refused(100, "Unsupported request. Object with ID '%s' does not exist" % node, error_subcode=33)
        return action(query, body)

    def debug_token(self, method, query):
        self.keys(query, ["input_token"])
        if method != "GET":
            self.complain("debug_token")
        if query["input_token"] != TOKEN:
            return {"data": {"is_valid": False, "scopes": []}}
        return {"data": self.token}

    def picked(self, query, thing):
        fields = re.split(",", query["fields"])
        for field in fields:
            if field not in FIELDS:
                self.complain(f"field {field}")
        return {"id": thing["id"], **{k: v for k, v in thing.items() if k in fields}}

    def get_node(self, query, _body):
        self.keys(query, ["fields"])
        return self.picked(query, {
            "id": NUMBER, "display_phone_number": "+1 555-078-3881", "verified_name": "Login codes", "status": self.status,
            "quality_rating": self.quality, "code_verification_status": "VERIFIED", "name_status": self.name_status,
            "throughput": {"level": "STANDARD"}, "platform_type": "CLOUD_API", "health_status": self.health,
            "whatsapp_business_manager_messaging_limit": "TIER_250"})

    def post_node(self, query, body):
        self.keys(query, [])
        self.keys(body, ["pin"])
        self.pin = self.six(body["pin"])
        return {"success": True}

    def six(self, pin):
        if not isinstance(pin, str) or not re.fullmatch(r"\d{6}", pin):
            self.complain("pin")
        return pin

    def post_register(self, _query, body):
        self.keys(body, ["messaging_product", "pin"])
        if body["messaging_product"] != "whatsapp":
            self.complain("messaging_product")
        if self.pin and self.pin != self.six(body["pin"]):
            raise Refused(133005, f"Two step verification PIN {body['pin']} Mismatch")
        self.pin, self.status = self.six(body["pin"]), "CONNECTED"
        return {"success": True}

    def post_request_code(self, _query, body):
        self.keys(body, ["code_method", "language"])
        if body["code_method"] not in ("SMS", "VOICE") or not LANGUAGES.fullmatch(body["language"]):
            self.complain("code_method, language")
        self.code = "123830"
        return {"success": True}

    def post_verify_code(self, _query, body):
        self.keys(body, ["code"])
        if body["code"] != self.code:
            raise Refused(136025, f"code {body['code']} is wrong")
        return {"success": True}

    def get_message_history(self, query, _body):
        self.keys(query, ["message_id", "fields"])
        if query["fields"] != "id,message_id,events{delivery_status,timestamp,error_description}":
            self.complain(query["fields"])
        return {"data": []}

    def get_phone_numbers(self, query, _body):
        self.keys(query, ["fields"])
        return {"data": [{"id": "1"}, {"id": NUMBER}]}

    def get_message_templates(self, query, _body):
        """Two a page; as Meta has it, the filter finds names that hold the word, and the last page has a cursor, too."""
        self.keys(query, ["fields", "limit"], ["name", "after"])
        first = int(query.get("after", 0))
        found = [self.picked(query, t) for t in self.templates if query.get("name", "") in t["name"]][first:first + 2]
        return {"data": found, "paging": {"cursors": {"before": str(first), "after": str(first + 2)}} if found else {}}

    def post_message_templates(self, _query, body):
        self.keys(body, ["name", "language", "category", "message_send_ttl_seconds", "components"])
        text, footer, buttons = body["components"]
        ttl, minutes, button = body["message_send_ttl_seconds"], footer["code_expiration_minutes"], buttons["buttons"][0]
        self.keys(button, ["type", "otp_type"], ["text"])
        if (text != {"type": "body", "add_security_recommendation": True} or footer["type"] != "footer" or
                buttons["type"] != "buttons" or (button["type"], button["otp_type"]) != ("otp", "copy_code") or
                len(buttons["buttons"]) != 1 or len(button.get("text", "x")) not in range(1, 26) or
                not 30 <= ttl <= 900 or not 1 <= minutes <= 90 or body["category"] != "authentication" or
                not LANGUAGES.fullmatch(body["language"]) or not re.fullmatch(r"[a-z0-9_]{1,512}", body["name"])):
            self.complain(f"template {body}")
        if any(t["name"] == body["name"] and t["language"] == body["language"] for t in self.templates):
            self.complain("this language exists")
        self.approve(body["language"], name=body["name"], status="PENDING", quality="UNKNOWN")
        return {"id": self.templates[-1]["id"], "status": "PENDING", "category": "AUTHENTICATION"}

    def delete_message_templates(self, query, _body):
        self.keys(query, ["name"])
        self.templates = [t for t in self.templates if t["name"] != query["name"]]
        return {"success": True}

    def get_subscribed_apps(self, query, _body):
        self.keys(query, [])
        return {"data": self.subscribed}

    def post_subscribed_apps(self, _query, body):
        if body is not None:
            self.keys(body, ["override_callback_uri", "verify_token"])
        self.subscribed = [{"whatsapp_business_api_data": {"id": "1", "name": "otp"}, **(body or {})}]
        self.subscribed[0].pop("verify_token", None)
        return {"success": True}
