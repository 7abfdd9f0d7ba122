"""Judges what reporters print, with schemas and readers that are not ours.

    check_report.py FORMAT FILE...    FORMAT: json, json-lines, github, gitlab, junit, sarif, fix-report, only-paths

A file is a report, or a golden file of the tests: then the command above and what stands below are cut off.
Prints one line a fault; the exit code says whether there was one.
"""

import json, os, re, subprocess, sys

import jsonschema

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# As documented at docs.gitlab.com/ci/testing/code_quality; GitLab publishes no schema.
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


def schema(name):
    with open(f"{REPOSITORY}/{name}", encoding="utf-8") as file:
        return json.load(file)


def validate(document, schema):
    validator = jsonschema.validators.validator_for(schema)(schema)
    for error in validator.iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def undocumented(document, schema):
    """Keys of the document that the schema knows nowhere under that name."""
    known = set()

    def learn(node):
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                known.update(node["properties"])
            for value in node.values():
                learn(value)
        elif isinstance(node, list):
            for value in node:
                learn(value)

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key not in known:
                    yield f"key {key} is not in the schema"
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    learn(schema)
    yield from walk(document)


def unique(values, what):
    values = list(values)
    if len(set(values)) != len(values):
        yield f"{what} are not unique"


def check_json(text):
    document, own = json.loads(text), schema("schemas/report.schema.json")
    yield from validate(document, own)
    yield from undocumented(document, own)


def check_fix_report(text):
    document, own = json.loads(text), schema("schemas/fix-report.schema.json")
    yield from validate(document, own)
    yield from undocumented(document, own)


def check_only_paths(text):
    document, own = json.loads(text), schema("schemas/only-paths.schema.json")
    yield from validate(document, own)
    yield from undocumented(document, own)


def check_json_lines(text):
    own = schema("schemas/report.schema.json")
    record = {**own, "oneOf": [{"$ref": "#/$defs/record"}]}
    types = []
    for line in text.splitlines():
        document = json.loads(line)
        types.append(document.get("type"))
        yield from validate(document, record)
        yield from undocumented(document, own)
    # `key` prints one record for each path and nothing else.
    if set(types) == {"key"}:
        return
    if types[:1] != ["run"] or types[-1:] != ["summary"] or {"run", "summary"} & set(types[1:-1]):
        yield f"the run comes first and the summary last: {types}"


def check_github(text):
    """As the runner reads workflow commands: `::command name=value,name=value::data`."""
    counts = {}
    for line in text.splitlines():
        if not line.startswith("::"):
            if line.lstrip().startswith("::") or "##[" in line:
                yield f"a runner could obey: {line}"
            continue
        match = re.fullmatch(r"::(warning|error|notice) ([^:]*)::(.*)", line)
        if not match:
            yield f"no workflow command: {line}"
            continue
        level, properties, data = match.groups()
        counts[level] = counts.get(level, 0) + 1
        for part in properties.split(","):
            if not re.fullmatch(r"(file|title)=([^%]|%25|%0D|%0A|%3A|%2C)+", part):
                yield f"property {part}"
        if re.search(r"%(?!25|0A|0D)", data):
            yield f"a percent sign stands for itself: {data}"
    for level, count in counts.items():
        if count > 10:
            yield f"GitHub shows 10 of {count} annotations of level {level}"


def check_gitlab(text):
    document = json.loads(text)
    yield from validate(document, GITLAB)
    yield from unique((issue["fingerprint"] for issue in document), "fingerprints")


def check_junit(text):
    run = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", f"{REPOSITORY}/fixtures/schemas/junit-10.xsd", "-"],
        input=text.encode(), capture_output=True)
    if run.returncode:
        yield run.stderr.decode()
        return
    import xml.etree.ElementTree as tree

    root = tree.fromstring(text.encode())
    for node in [root, *root.iter("testsuite")]:
        cases = list(node.iter("testcase"))
        for key, name in ("failures", "failure"), ("errors", "error"):
            if int(node.get(key)) != sum(case.find(name) is not None for case in cases):
                yield f"{node.tag} {node.get('name')} counts {node.get(key)} {key}"
        if int(node.get("tests")) != len(cases):
            yield f"{node.tag} {node.get('name')} counts {node.get('tests')} tests"


def check_sarif(text):
    document = json.loads(text)
    yield from validate(document, schema("fixtures/schemas/sarif-2.1.0-rtm.4.json"))
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        yield from unique((rule["id"] for rule in rules), "rules")
        yield from unique((json.dumps(result["partialFingerprints"]) for result in run["results"]), "fingerprints")
        if len(run["results"]) > 25_000:
            yield f"{len(run['results'])} results"
        for result in run["results"]:
            if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
                yield f"ruleIndex of {result['ruleId']}"
            for location in result["locations"]:
                artifact = location["physicalLocation"]["artifactLocation"]
                if run["artifacts"][artifact["index"]]["location"]["uri"] != artifact["uri"]:
                    yield f"index of {artifact['uri']}"


def main():
    check = globals()["check_" + sys.argv[1].replace("-", "_")]
    faults = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text.startswith("$ wheelscrub "):
            text = text.partition("\n")[2].rpartition("--- standard error ---\n")[0]
        faults += [f"{path}: {fault}" for fault in check(text)]
    print("\n".join(faults))
    sys.exit(bool(faults) or not sys.argv[2:])


main()
