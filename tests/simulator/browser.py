"""A headless Chromium, driven over a pipe by the DevTools protocol."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--ignore-certificate-errors", "--remote-debugging-pipe"]
ANSWER_SECONDS = 20
READ_FD, WRITE_FD = 3, 4  # where Chromium looks for the pipe


def pipe_of_high_numbers():
    """A pipe that is not in the way of READ_FD and WRITE_FD."""
    low = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in low]
    for fd in low:
        os.close(fd)
    return high


class Browser:
    def __init__(self, profile):
        hears, self.says = pipe_of_high_numbers()
        self.listens, speaks = pipe_of_high_numbers()

        def lay_pipes():
            os.dup2(hears, READ_FD)
            os.dup2(speaks, WRITE_FD)

        self.process = subprocess.Popen([PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
                                        preexec_fn=lay_pipes, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(hears)
        os.close(speaks)
        self.rest, self.calls, self.session, self.complaints = b"", 0, None, []

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        os.close(self.says)
        os.close(self.listens)

    def call(self, method, **parameters):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.says, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.calls:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(answer["params"])

    def receive(self):
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.listens], [], [], ANSWER_SECONDS)
            assert ready, "Chromium does not answer"
            data = os.read(self.listens, 1 << 20)
            assert data, "Chromium has gone"
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def open(self, url, width=1280, height=800):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Runtime", "Log", "Page":
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.call("Page.navigate", url=url)
        return self

    def resize(self, width, height, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression, seconds=10):
        """Until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, key, code=0, text=""):
        for kind in "keyDown", "keyUp":
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": text} if kind == "keyDown" and text else {}))
