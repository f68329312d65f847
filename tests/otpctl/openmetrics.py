"""A reader of the OpenMetrics text format that is stricter than Prometheus."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? ([0-9.e+-]+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"not a label: {text[at:]!r}"
        assert match[1] not in labels, f"a label twice: {text!r}"
        labels[match[1]] = match[2]
        at = match.end()
    assert not text.endswith(","), text
    return labels


def read(text):
    """{(sample name, frozenset of labels): value} and {family: type}, or an assertion that says what is wrong."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], "does not end with # EOF"
    families, samples, family, described = {}, {}, None, set()
    for line in lines[:-2]:
        if line.startswith("# "):
            kind, name, value = line[2:].split(" ", 2)
            if kind == "TYPE":
                assert name not in families, f"{name} begins twice"
                assert value in ("counter", "gauge"), f"a type that node_exporter does not read: {value}"
                assert not name.endswith("_total"), name
                family, families[name], described = name, value, set()
            assert name == family and kind not in described, line
            assert kind != "UNIT" or name.endswith("_" + value), line
            described.add(kind)
            continue
        assert "HELP" in described, f"{family}: no HELP"
        match = SAMPLE.fullmatch(line)
        assert match, f"not a sample: {line!r}"
        assert match[1] == family + ("_total" if families[family] == "counter" else ""), f"{line!r} in {family}"
        key = match[1], frozenset(labels_of(match[2] or "").items())
        assert key not in samples, f"twice: {line!r}"
        assert families[family] != "counter" or float(match[3]) >= 0, line
        samples[key] = float(match[3])
    return samples, families
