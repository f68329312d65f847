"""What providers say about messages: how fast the core takes it, what it does to logins, and what becomes of a flood of codes."""

import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import time

from bed import PATIENCE, Core, Provider, Webhook, fail, progress, rss_mib

# Smaller numbers are for a quick look: the limits are meant for these.
STATUSES = int(os.environ.get("RECEIPT_STATUSES", 30000))  # in batches; a fifth as many are posted singly
ROUNDS = int(os.environ.get("RECEIPT_ROUNDS", 7))
FLOOD_SECONDS = int(os.environ.get("FLOOD_SECONDS", 60))
DELIVERIES = int(os.environ.get("STATS_DELIVERIES", 10000000))

BATCH = 1000
ROUND_SECONDS, ROUND_RATE = 3, 500
LOGIN_PEOPLE = 500
FLOOD_RATE = 1000
FLOOD_BURST = 1000  # at once, at the beginning: what memory a busy moment takes is taken before it is measured
FLOOD_HOLD = 3  # seconds that those who have begun wait
FLOOD_WARM_UP = 10
FAILING = ("09", "29", "49", "69", "89")  # 5 % of the numbers
STATS_ROUNDS = 5

NO_PROVIDER = ('channel "whatsapp" { driver = whatsapp_cloud phone_number_id = "106540352242922" api_version = "v25.0" '
               'template = "login_code" token = "file:/nowhere" receipts = webhook }\n')

FIGURES = {
    "receipts_batched_per_s": ("1/s", 5000, "higher"),
    "receipts_single_per_s": ("1/s", 1000, "higher"),
    "webhook_answer_p99_ms": ("ms", 50, "lower"),
    "login_p99_under_receipts_vs_quiet": ("ratio", 1.5, "lower"),
    "unknown_state_after_flood": ("", 0, "lower"),
    "flood_rss_growth": ("ratio", 1.05, "lower"),
    "stats_over_10m_deliveries_s": ("s", 1, "lower"),
    "login_during_stats_ms": ("ms", 200, "lower"),
}

# daemon/core/store_delivery.h
FAILED, DELIVERED, READ = 4, 7, 8


class Database:
    """A core's, as it is at this moment, by a reader beside it."""

    def __init__(self, core):
        self.connection = sqlite3.connect(f"file:{core.folder}/state/whatsapp-otp.db?mode=ro", uri=True)

    def number(self, query, *values):
        return self.connection.execute(query, values).fetchone()[0]

    def has_arrived(self, delivery):
        challenge, tail = bytes.fromhex(delivery[:-6]), delivery[-6:]
        return self.number("SELECT count(*) FROM delivery WHERE challenge = ? AND generation = ? AND position = ? AND state = ?",
                           challenge, int(tail[:4], 16), int(tail[4:], 16), DELIVERED)

    def arrived(self):
        return self.number("SELECT count(*) FROM delivery WHERE state = ?", DELIVERED)


def wait_until(condition, what, bench):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            fail(f"never: {what}\n{bench.logs()}")
        time.sleep(0.002)


class Receipts:
    """Deliveries of a core, and the posts that say that they have arrived."""

    def __init__(self, bench, core, webhook, count):
        self.bench, self.webhook = bench, webhook
        progress(f"{count:,} deliveries")
        output = subprocess.run([bench.program("tests/bench/deliveries"), core.login, core.sender, str(count)], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        self.ids = output.split()
        self.database = Database(core)
        self.told = 0

    def start(self, count, connections, batch, rate):
        """Half of the statuses are about the next so many deliveries."""
        ids = self.ids[self.told:self.told + count]
        self.told += count
        path = self.bench.write("deliveries", "".join(f"{one}\n" for one in ids))
        return self.bench.converse("tests/bench/receipts", self.webhook.port, self.webhook.app_secret, connections, batch, rate, path)

    def end(self, posting):
        """The generator's figures, with the seconds until the core had taken all of it."""
        wait_until(lambda: self.database.has_arrived(self.ids[self.told - 1]), "the last receipt in the database", self.bench)
        wait_until(lambda: self.database.arrived() == self.told, "all receipts in the database", self.bench)
        taken = time.monotonic()
        output, _ = posting.communicate()
        if posting.returncode != 0:
            fail(f"the receipts were not posted\n{self.bench.logs()}")
        line = json.loads(output)
        return {**line, "taken_s": taken - line["began_ns"] / 1e9}


class Logins:
    """One login after the other, of people who have nothing else to do."""

    def __init__(self, bench, core, first):
        self.process = bench.converse("tests/bench/steady", core.login, core.sender, first, LOGIN_PEOPLE)

    def end(self):
        output, _ = self.process.communicate()
        if self.process.returncode != 0:
            fail("the logins failed")
        return json.loads(output)


def measure_throughput(receipts, report):
    batched = receipts.end(receipts.start(STATUSES // 2, 1, BATCH, 0))
    single = receipts.end(receipts.start(STATUSES // 10, 16, 1, 0))
    for how, line in (("batched", batched), ("single", single)):
        progress(f"{how}: {line['statuses']:,} statuses in {line['posts']:,} posts, all answered after {line['seconds']:.2f} s "
                 f"({line['busy']} by 503), taken after {line['taken_s']:.2f} s; answers p50 {line['answer_p50_ms']:.1f} ms, "
                 f"p99 {line['answer_p99_ms']:.1f} ms, the slowest {line['answer_most_ms']:.1f} ms")
    report("receipts_batched_per_s", batched["statuses"] / batched["taken_s"])
    report("receipts_single_per_s", single["posts"] / single["taken_s"])
    report("webhook_answer_p99_ms", max(batched["answer_p99_ms"], single["answer_p99_ms"]))


def measure_logins(bench, core, receipts, first, report):
    ratios = []
    for _ in range(ROUNDS):
        logins = Logins(bench, core, first)
        time.sleep(ROUND_SECONDS)
        quiet = logins.end()
        posting = receipts.start(ROUND_SECONDS * ROUND_RATE // 2, 8, 1, ROUND_RATE)
        logins = Logins(bench, core, first)
        time.sleep(ROUND_SECONDS)
        busy = logins.end()
        receipts.end(posting)
        ratios.append(busy["p99_ms"] / quiet["p99_ms"])
        progress(f"logins: quiet p50 {quiet['p50_ms']:.2f} p99 {quiet['p99_ms']:.2f} ms, "
                 f"under {ROUND_RATE} receipts a second p50 {busy['p50_ms']:.2f} p99 {busy['p99_ms']:.2f} ms")
    report("login_p99_under_receipts_vs_quiet", statistics.median(ratios))


def measure_receipts(bench, report):
    told = STATUSES // 2 + STATUSES // 10 + ROUNDS * ROUND_SECONDS * ROUND_RATE // 2
    webhook = Webhook(bench, "webhook")
    core = Core(bench, "core-receipts", told + LOGIN_PEOPLE, NO_PROVIDER, webhook)
    with core.running(), webhook.running(core):
        receipts = Receipts(bench, core, webhook, told)
        if report.wants(("receipts_batched_per_s", "receipts_single_per_s", "webhook_answer_p99_ms")):
            measure_throughput(receipts, report)
        if report.wants(("login_p99_under_receipts_vs_quiet",)):
            measure_logins(bench, core, receipts, told, report)


# Nobody knows what became of a code whose last message is neither delivered nor read.
UNKNOWN = f"""
SELECT count(*) FROM delivery AS first WHERE channel = 'whatsapp' AND state NOT IN ({DELIVERED}, {READ}) AND NOT (state = {FAILED} AND
 EXISTS (SELECT 1 FROM delivery AS second WHERE second.challenge = first.challenge AND channel = 'sms' AND state IN ({DELIVERED}, {READ})))
"""
STATES = "SELECT channel, state, count(*) FROM delivery GROUP BY 1, 2"


def measure_flood(bench, report):
    webhook = Webhook(bench, "webhook-flood")
    provider = Provider(bench, "simulator-flood", "--receipts", webhook.url("meta"), "--receipts", webhook.url("ycloud"),
                        "--app-secret-file", webhook.app_secret, "--ycloud-secret-file", webhook.ycloud_secret,
                        *(word for suffix in FAILING for word in ("--receipt", f"{suffix}=131026")))
    people = FLOOD_BURST + FLOOD_RATE * FLOOD_SECONDS
    core = Core(bench, "core-flood", people, provider.channel(provider.port, "webhook") + provider.sms_channel(), webhook)
    with core.running(), webhook.running(core):
        sender, _ = bench.start_notifying("sender-flood", [bench.program("whatsapp-otp-sender"), "--config", core.config])
        sizes = {"core": core.process, "sender": sender, "webhook": webhook.process, "simulator": provider.process}
        progress(f"{FLOOD_RATE:,} codes a second for {FLOOD_SECONDS} s")
        flood = bench.converse("tests/bench/flood", core.login, FLOOD_BURST, FLOOD_RATE, FLOOD_SECONDS, FLOOD_HOLD)
        time.sleep(min(FLOOD_WARM_UP, FLOOD_SECONDS / 2))
        before = {name: rss_mib(process) for name, process in sizes.items()}
        output, _ = flood.communicate()
        after = {name: rss_mib(process) for name, process in sizes.items()}
        if flood.returncode != 0:
            fail(f"the flood was not taken\n{bench.logs()}")
        database = Database(core)
        deadline = time.monotonic() + PATIENCE / 3
        while (unknown := database.number(UNKNOWN)) and time.monotonic() < deadline:
            time.sleep(0.2)
        missing = people - database.number("SELECT count(*) FROM delivery WHERE channel = 'whatsapp'")
        progress(f"{output.strip()}; {database.connection.execute(STATES).fetchall()}")
        bench.stop(sender)
    bench.stop(provider.process)
    progress(", ".join(f"{name} {before[name]:.1f} MiB, then {after[name]:.1f}" for name in sizes))
    report("unknown_state_after_flood", unknown + missing)
    report("flood_rss_growth", max(after[name] / before[name] for name in ("core", "sender")))


def measure_stats(bench, report):
    core = Core(bench, "core-stats", LOGIN_PEOPLE)
    progress(f"the statistics of {DELIVERIES:,} deliveries")
    bench.call(bench.program("tests/bench/history"), core.folder / "state", DELIVERIES, 90)
    size = pathlib.Path(core.folder / "state" / "whatsapp-otp.db").stat().st_size / 1048576
    times = []
    with core.running():
        logins = Logins(bench, core, 0)
        time.sleep(1)
        for _ in range(STATS_ROUNDS):
            began = time.monotonic()
            lines = bench.call(bench.program("whatsapp-otpctl"), "--socket", core.admin, "stats", "--by", "country", "--since", "all",
                               "--json")
            times.append(time.monotonic() - began)
        line = logins.end()
    counted = sum(item["sent"] for item in lines if item["by"] == "country")
    if counted < DELIVERIES:  # the logins are counted, too
        fail(f"{counted:,} of {DELIVERIES:,} deliveries were counted")
    progress(f"{size:.0f} MiB; {len(lines)} lines in {', '.join(f'{t:.2f}' for t in times)} s; logins meanwhile p50 {line['p50_ms']:.2f} "
             f"p99 {line['p99_ms']:.2f} ms, the slowest {line['most_ms']:.2f} ms")
    report("stats_over_10m_deliveries_s", statistics.median(times))
    report("login_during_stats_ms", line["most_ms"])


MEASUREMENTS = {
    measure_receipts: ("receipts_batched_per_s", "receipts_single_per_s", "webhook_answer_p99_ms", "login_p99_under_receipts_vs_quiet"),
    measure_flood: ("unknown_state_after_flood", "flood_rss_growth"),
    measure_stats: ("stats_over_10m_deliveries_s", "login_during_stats_ms"),
}
PROGRAMS = ("whatsapp-otp-webhook", "whatsapp-otpctl", "tests/bench/deliveries", "tests/bench/flood", "tests/bench/history",
            "tests/bench/receipts", "tests/bench/steady")
