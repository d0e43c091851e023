#!/usr/bin/env python3
"""fake_aws: stands in for the AWS CLI on the PATH of deploy/aws. It writes down every call, hands
those of S3 to the real AWS CLI against the server at FAKE_S3, if any, and answers the others as an account
would that has the stack of FAKE_STATE: {"exists", "outputs", "parameters", "messages"}."""

import json
import os
import pathlib
import subprocess
import sys

STATE = pathlib.Path(os.environ["FAKE_STATE"])
CALLS = pathlib.Path(os.environ["FAKE_CALLS"])


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def rows(values):
    return "\n".join(f"{name}\t{value}" for name, value in values.items())


def answer(state, service, operation):
    if operation == "get-caller-identity":
        return "123456789012"
    if operation == "describe-stacks":
        if not state["exists"]:
            sys.exit("Stack does not exist")
        return rows(state["parameters" if "Parameters" in option("--query") else "outputs"])
    if operation == "deploy":
        state["exists"] = True
        given = sys.argv[sys.argv.index("--parameter-overrides") + 1:]
        state["parameters"].update(setting.split("=", 1) for setting in given)
        return "Successfully created/updated stack"
    if operation == "get-function-configuration":
        return state["parameters"].get("UploadToken") or "None"
    if operation == "receive-message":
        return "\t".join(state["messages"][0]) if state["messages"] else "None"
    if operation == "delete-message":
        state["messages"] = [m for m in state["messages"] if m[0] != option("--receipt-handle")]
    if operation == "invoke":
        payload = pathlib.Path(option("--payload").removeprefix("fileb://")).read_text()
        state.setdefault("invoked", []).append(payload)
    if operation == "get-queue-attributes":
        return str(len(state["messages"]))
    if operation == "describe-alarms":
        return ""
    if operation == "delete-stack":
        state["exists"] = False
    return ""


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if words[0] in ("us-east-1",):  # The value of --region, which comes first.
        words = words[1:]
    service, operation = words[0], words[1]
    with CALLS.open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    store = os.environ["FAKE_S3"]
    if store and service in ("s3", "s3api") and operation != "put-public-access-block":
        real = [os.environ["FAKE_AWS"], "--endpoint-url", store, *sys.argv[1:]]
        sys.exit(subprocess.run(real).returncode)
    state = json.loads(STATE.read_text())
    print(answer(state, service, operation))
    STATE.write_text(json.dumps(state))


main()
