"""Where a simulator sends its receipts: a server that keeps every request and answers as a test says."""

import http.server
import threading
import time


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.monotonic()


class Receiver:
    def __init__(self):
        self.requests, self.changed = [], threading.Condition()
        self.status = lambda number: 200  # of the number-th request, from 1
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = outer.take(Request(self.command, self.path, self.headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def take(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
            return self.status(len(self.requests))

    def wait(self, count, seconds=10):
        """The requests, when there are so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.requests) >= count, seconds), self.requests
            return list(self.requests)

    def clear(self):
        with self.changed:
            self.requests.clear()
            self.status = lambda number: 200

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
