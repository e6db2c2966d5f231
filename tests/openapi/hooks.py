"""Restrains the generated requests: what they must not do, and what they could not guess."""

import schemathesis

# Narrower than the description. With any text there, most guesses would name no application, no request and no
# target of any queue, and no import would succeed.
GUESSES = {
    "Application": "^[A-Za-z0-9_-]{1,40}$",
    "FalApplication": "^[A-Za-z0-9_-]{1,40}$",
    "RequestId": "^[1-9][0-9]{0,15}$",
    "FalRequestId": "^[a-z0-9]{20}$",
    "ProxyTicket": "^[A-Za-z0-9_-]{10,40}$",
    "Target": r"^https://queue\.fal\.run/[a-z0-9-]{1,20}/[a-z0-9-]{1,20}$",
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Writes the guesses into the copy of the description that this run reads."""
    for name, pattern in GUESSES.items():
        parameter = raw_schema["components"]["parameters"][name]
        parameter["schema"] = {"type": "string", "pattern": pattern}
        if name == "FalApplication":
            parameter["example"] = "flux"
    line = raw_schema["components"]["schemas"]["ImportLine"]["properties"]
    line["id"] = line["ref"] = {"type": "string", "pattern": "^[a-z]{1,8}$"}
    line["from"] = {"enum": ["kling", "runway", None]}
    del raw_schema["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/x-ndjson"]


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """Leaves out numbers as applications: in a path they are texts, so they break no rule."""
    return isinstance((path_parameters or {}).get("app", ""), str)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Drops made-up cursors, which are refused, and waits, which would only make the run long."""
    query = case.query
    if isinstance(query, dict):
        query.pop("cursor", None)
        # The vault would call this webhook.
        query.pop("fal_webhook", None)
        if str(query.get("wait", "")).isdigit() and 0 < int(query["wait"]) <= 60:
            query["wait"] = 0
