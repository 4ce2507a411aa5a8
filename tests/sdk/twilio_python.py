"""Twilio's Python SDK against the Sandbox: pip install twilio, then
cargo test --test sdk -- --ignored. The argument is the Sandbox's URL."""

import datetime
import http.server
import sys
import threading
import urllib.parse

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

SID, TOKEN = "AC5a4db0c5000000000000000000005a4d", "5a4db0c5000000000000000000000000"
SERVICE = "MG5a4db0c5000000000000000000000001"
FROM = "+15005550006"


def client(token=TOKEN):
    it = Client(SID, token)
    it.api.base_url = it.messaging.base_url = sys.argv[1].rstrip("/")
    return it


class Callback(http.server.BaseHTTPRequestHandler):
    """Keeps every status with whether its signature is right."""

    seen = []
    delivered = threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        signature = self.headers["X-Twilio-Signature"]
        genuine = RequestValidator(TOKEN).validate(callback_url, form, signature)
        self.seen.append((form["MessageStatus"], genuine))
        self.send_response(204)
        self.end_headers()
        if form["MessageStatus"] == "delivered":
            self.delivered.set()

    def log_message(self, *_):
        pass


def refused(act, code, status):
    try:
        act()
    except TwilioRestException as error:
        assert (error.code, error.status) == (code, status), error
        assert error.msg
    else:
        raise AssertionError(f"not refused with {code}")


listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Callback)
callback_url = f"http://127.0.0.1:{listener.server_port}/status?deck=1"
threading.Thread(target=listener.serve_forever, daemon=True).start()

sdk = client()
first = sdk.messages.create(
    to="+573001234567", from_=FROM, body="123456 is your code", validity_period=300,
    status_callback=callback_url,
)
assert first.status == "queued" and first.num_segments == "1", first
assert sdk.messages(first.sid).fetch().to == "+573001234567"
for user in range(7):
    sdk.messages.create(to=f"+57300123456{user}", from_=FROM, body=f"{user} is your code")
assert len(sdk.messages.list(page_size=3)) == 8
assert len(sdk.messages.list(limit=4, page_size=2)) == 4
assert len(sdk.messages.list(to="+573001234561")) == 1

queued = sdk.messages.create(to="+573001234568", messaging_service_sid=SERVICE, body="late")
assert queued.status == "accepted" and queued.from_ is None
assert sdk.messages(queued.sid).update(status="canceled").status == "canceled"

assert Callback.delivered.wait(30)
assert Callback.seen == [("sending", True), ("sent", True), ("delivered", True)], Callback.seen
long_ago, some_day = datetime.datetime(2020, 1, 1), datetime.datetime(2090, 1, 1)
assert len(sdk.messages.list(date_sent_after=long_ago)) == 8
assert len(sdk.messages.list(date_sent_after=some_day)) == 0
assert len(sdk.messages.list(date_sent_before=some_day)) == 8
assert sdk.messages(first.sid).update(body="").body == ""
refused(lambda: sdk.messages(first.sid).update(status="canceled"), 30409, 400)
assert sdk.messages(first.sid).delete()
refused(lambda: sdk.messages(first.sid).fetch(), 20404, 404)

for to, code in [("+15005550001", 21211), ("+15005550004", 21610), ("12", 21211)]:
    refused(lambda: sdk.messages.create(to=to, from_=FROM, body="x"), code, 400)
refused(lambda: sdk.messages.create(to="+573001239429", from_=FROM, body="x"), 20429, 429)
refused(lambda: sdk.messages.create(to="+573001239501", from_=FROM, body="x"), 20500, 500)
refused(lambda: client("0" * 32).api.v2010.accounts(SID).balance.fetch(), 20003, 401)

account = sdk.api.v2010.accounts(SID)
assert account.balance.fetch().balance == "100.00" and account.fetch().status == "active"
numbers = sdk.incoming_phone_numbers.list()
assert [number.phone_number for number in numbers if number.capabilities["sms"]][0] == FROM
assert [code.short_code for code in sdk.short_codes.list()] == ["72404"]
assert [service.sid for service in sdk.messaging.v1.services.list()] == [SERVICE]
print("twilio-python: all as expected")
