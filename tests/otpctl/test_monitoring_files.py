"""The dashboard and the alert rules ask for what metrics says, and for nothing else."""

import json
import os
import re

import pytest

import openmetrics
from conftest import TOP
from test_metrics import feed

DASHBOARD = os.path.join(TOP, "data", "grafana", "whatsapp-otp.json")
RULES = os.path.join(TOP, "data", "prometheus", "whatsapp-otp.rules.yml")


@pytest.fixture
def known(core, ask):
    """Names of samples, with the labels that each has."""
    feed(core)
    labels = {}
    for name, pairs in openmetrics.read(ask("metrics").out)[0]:
        labels.setdefault(name, set()).update(dict(pairs))
    return labels


def assert_known(expression, known):
    names = re.findall(r"\bwhatsapp_otp_\w+", expression)
    for name, selector in re.findall(r"\b(whatsapp_otp_\w+)(?:\{([^}]*)\})?", expression):
        assert name in known, f"no such metric: {name}"
        for label in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', selector):
            assert label in known[name] | {"instance"}, f"{name} has no label {label}"
    assert expression.count("(") == expression.count(")")
    return names


def test_the_dashboard_asks_for_what_there_is(known):
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) > 20
    assert all(assert_known(expression, known) for expression in expressions)
    for variable in dashboard["templating"]["list"][1:]:
        assert_known(variable["query"]["query"], known)


def test_the_dashboard_can_be_imported():
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    assert dashboard["id"] is None and dashboard["uid"] and dashboard["title"]
    assert [v["name"] for v in dashboard["templating"]["list"]] == ["datasource", "instance", "channel"]
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    cells = [(x, y) for p in dashboard["panels"] for g in [p["gridPos"]] for x in range(g["x"], g["x"] + g["w"])
             for y in range(g["y"], g["y"] + g["h"])]
    assert len(cells) == len(set(cells)), "two panels lie on each other"


def test_the_rules_ask_for_what_there_is(known):
    yaml = pytest.importorskip("yaml")
    with open(RULES, encoding="utf-8") as file:
        rules = yaml.safe_load(file)["groups"][0]["rules"]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    for rule in rules:
        expression = rule["expr"]
        for name in re.findall(r"\bwhatsapp_otp:[\w:]+", expression):
            assert name in recorded, name
        assert_known(re.sub(r"\bwhatsapp_otp:[\w:]+", "1", expression), known)
        assert "record" in rule or {"alert", "labels", "annotations"} <= set(rule)
    alerts = {rule["alert"] for rule in rules if "alert" in rule}
    assert {"WhatsAppOtp" + what for what in (
        "CoreDown", "SenderNotConnected", "BreakerOpen", "ConversionLow", "FailuresHigh", "CostAt80Percent",
        "AlarmsUnacknowledged")} <= alerts
