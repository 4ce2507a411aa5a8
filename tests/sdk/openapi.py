"""The Sandbox's answers against Twilio's OpenAPI description: pip install
openapi-schema-validator. Arguments: the Sandbox's URL, twilio_api_v2010.json, and
twilio_messaging_v1.json (both are in the npm package @twilio/cli-core)."""

import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from openapi_schema_validator import OAS30Validator, oas30_format_checker

SID, TOKEN = "AC5a4db0c5000000000000000000005a4d", "5a4db0c5000000000000000000000000"
url, messages_file, services_file = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]


def checked(specification, path, template, method="get", form=None):
    description = json.load(open(specification))
    answers = description["paths"][template][method]["responses"]
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url + path, data=data, method=method.upper())
    credentials = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    request.add_header("Authorization", f"Basic {credentials}")
    with urllib.request.urlopen(request) as answer:
        body = json.load(answer)
        schema = answers[str(answer.status)]["content"]["application/json"]["schema"]
    whole = {**schema, "components": description["components"]}
    errors = list(OAS30Validator(whole, format_checker=oas30_format_checker).iter_errors(body))
    for error in errors:
        print(f"{method.upper()} {path}: {list(error.path)}: {error.message[:200]}")
    known = schema_fields(description, schema)
    for unknown in sorted(set(body) - known):
        print(f"{method.upper()} {path}: the description has no {unknown}")
        errors.append(unknown)
    print(f"{method.upper()} {template}: {'fits' if not errors else 'does not fit'}")
    failures.extend(errors)
    return body


def schema_fields(description, schema):
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return set(schema["properties"])


failures = []
account = f"/2010-04-01/Accounts/{SID}"
template = "/2010-04-01/Accounts/{AccountSid}"
for to, sender in [("+573001234567", {"From": "+15005550006"}),
                   ("+573001233003", {"MessagingServiceSid": "MG5a4db0c5000000000000000000000001"})]:
    form = {"To": to, "Body": "123456 is your code", **sender}
    made = checked(messages_file, f"{account}/Messages.json", f"{template}/Messages.json", "post", form)
one = f"{template}/Messages/{{Sid}}.json"
checked(messages_file, f"{account}/Messages/{made['sid']}.json", one)
checked(messages_file, f"{account}/Messages/{made['sid']}.json", one, "post", {"Status": "canceled"})
for resource in ["Messages.json", "Balance.json", "IncomingPhoneNumbers.json", "SMS/ShortCodes.json"]:
    checked(messages_file, f"{account}/{resource}", f"{template}/{resource}")
checked(messages_file, f"{account}.json", "/2010-04-01/Accounts/{Sid}.json")
checked(services_file, "/v1/Services", "/v1/Services")
sys.exit(1 if failures else 0)
