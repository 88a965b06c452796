#!/usr/bin/env python3
"""Holds lines of `unbroken export siem --format ocsf` on stdin against the schema of their OCSF version.

Needs the packages of requirements.txt beside this. Exit code 0: every line fits, 1: it says which does not, 77: a
package is missing."""

import json
import sys

try:
    from jsonschema import Draft202012Validator
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
except ImportError as missing:
    print(missing)
    sys.exit(77)

validators = {}


def validator(version, class_uid):
    if (version, class_uid) not in validators:
        schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
        schema = schemas.get_class_schema(schemas.lookup_class_name_from_uid(class_uid))
        validators[version, class_uid] = Draft202012Validator(schema)
    return validators[version, class_uid]


count = 0
for number, line in enumerate(sys.stdin, 1):
    event = json.loads(line)
    count += 1
    for error in validator(event["metadata"]["version"], event["class_uid"]).iter_errors(event):
        sys.exit(f"line {number}: {error.json_path}: {error.message[:300]}")
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        sys.exit(f"line {number}: type_uid is not class_uid * 100 + activity_id")
if not count:
    sys.exit("no line")
print(f"{count} lines fit")
