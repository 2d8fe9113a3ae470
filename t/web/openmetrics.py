"""A strict reader of OpenMetrics 1.0 text: what it takes, any other reader takes. It knows counters
and gauges with labels and without timestamps, as the module writes them."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?(?:0|[1-9]\d*)(?:\.\d+)?)")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\[\\n"])*)"(?:,(?=.)|$)')
ORDER = ["TYPE", "UNIT", "HELP", "sample"]
SUFFIX = {"counter": "_total", "gauge": ""}


class Malformed(AssertionError):
    """The text is no OpenMetrics; says where."""


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        if not found or found[1] in labels:
            raise Malformed(f"labels: {text}")
        labels[found[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], found[2])
        at = found.end()
    return labels


class Family:
    def __init__(self, name):
        self.name, self.kind, self.unit, self.help = name, None, "", None
        self.stage, self.samples = -1, {}

    def take(self, stage, line):
        """Metadata come once and before the samples, in one order."""
        if self.stage > stage or (self.stage == stage and stage < ORDER.index("sample")):
            raise Malformed(f"out of order: {line}")
        self.stage = stage

    def close(self):
        if not (self.kind and self.help):  # a family may be empty
            raise Malformed(f"{self.name} lacks something")
        if self.unit and not self.name.endswith(f"_{self.unit}"):
            raise Malformed(f"{self.name} does not end in its unit {self.unit}")
        if self.kind == "counter" and self.name.endswith("_total"):
            raise Malformed(f"{self.name}: _total is for samples")


def parse(text):
    """{family's name: Family}, its samples as {((label, value), ...): number}."""
    if not text.endswith("\n# EOF\n") or "\r" in text:
        raise Malformed("no end")
    families, current = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        meta, sample = META.fullmatch(line), SAMPLE.fullmatch(line)
        if not meta and not sample:
            raise Malformed(f"neither metadata nor sample: {line}")
        if meta and meta[1] == "TYPE":
            if meta[2] in families or meta[3] not in SUFFIX:
                raise Malformed(line)
            current = families[meta[2]] = Family(meta[2])
        if current is None:
            raise Malformed(f"no TYPE before {line}")
        current.take(ORDER.index(meta[1] if meta else "sample"), line)
        if meta:
            if meta[2] != current.name:
                raise Malformed(f"in the midst of {current.name}: {line}")
            setattr(current, {"TYPE": "kind", "UNIT": "unit", "HELP": "help"}[meta[1]], meta[3])
        else:
            take_sample(current, line, sample)
    for family in families.values():
        family.close()
    return families


def take_sample(family, line, sample):
    key = tuple(sorted(labels_of(sample[2] or "").items()))
    if sample[1] != family.name + SUFFIX[family.kind] or key in family.samples:
        raise Malformed(line)
    value = float(sample[3])
    if family.kind == "counter" and value < 0:
        raise Malformed(line)
    family.samples[key] = value
