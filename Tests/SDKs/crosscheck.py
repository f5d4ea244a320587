"""Signs and verifies webhooks with the providers' own libraries, for EndToEnd/SDKTests.

    crosscheck.py sign NOTIFICATION_URL      prints signed requests and spoilt ones, JSON lines as `verify --request` reads
                                             them, with "source", "name" and "genuine" besides
    crosscheck.py verify NOTIFICATION_URL    reads such lines (`send --save`) with "source"; prints for each
                                             {"source", "accepted", "spoilt"}: what the library says to it, and to it with
                                             an altered body
"""

import base64
import datetime
import json
import sys
import time
import uuid

import stripe
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hubspot.utils.signature import Signature
from sendgrid.helpers.eventwebhook import EventWebhook
from square.utils.webhooks_helper import verify_signature
from standardwebhooks.webhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

# The secrets of fixtures/webhooks/gateway.json5.
STRIPE = "whsec_fixture_0123456789abcdef0123456789abcdef"
SQUARE = "fixture-signature-key"
STANDARD = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3"
HUBSPOT = "fixture-client-secret"
SENDGRID = serialization.load_der_private_key(
    base64.b64decode(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/uYYMa477p94LTmFm8Agd85cs93SICQ+BzSXpAbO5EKhRANCAARou2AACS2UGyyN7n"
        "PSdb7g2AWGefubuyEFbWuzrREfJ/H6FTlqcj40EgOcbUS1gOcOFpbKyOB0T51m0gpUOqpy"
    ),
    None,
)
SENDGRID_PUBLIC = base64.b64encode(
    SENDGRID.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()

# Text that goes wrong when somebody decodes, escapes or reorders it.
TEXT = {"z": "Zoë — 漢字 😀 \\ \" / \u2028", "a": [1.0, 1e3, None, {}], "amount": 1999}


def body(**more):
    return json.dumps({**TEXT, **more}, ensure_ascii=False)


def signed(url):
    """Yields source, name, headers and body of a request as each library signs it."""
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    seconds = str(int(now.timestamp()))

    text = body(id="evt_1", object="event", type="payment_intent.succeeded")
    header = stripe.WebhookSignature.generate_signature_header(payload=text, secret=STRIPE)
    yield "stripe", "stripe", {"Stripe-Signature": header}, text

    for source, library in (("standard-webhooks", StandardWebhook), ("svix", SvixWebhook)):
        text = body(type="invoice.paid", timestamp=now.isoformat())
        message = f"msg_{uuid.uuid4().hex}"
        signature = library(STANDARD).sign(message, now, text)
        prefix = "svix" if source == "svix" else "webhook"
        yield source, source, {
            f"{prefix}-id": message,
            f"{prefix}-timestamp": seconds,
            f"{prefix}-signature": signature,
        }, text

    text = json.dumps([{"eventId": 1, "portalId": 2, "subscriptionType": "contact.creation", "objectId": 3, **TEXT}])
    for version, name in (("v1", "X-HubSpot-Signature"), ("v2", "X-HubSpot-Signature"), ("v3", "X-HubSpot-Signature-v3")):
        stamp = str(int(time.time() * 1000))
        signature = Signature.get_signature(HUBSPOT, text, version, f"{url}/hubspot", "POST", stamp)
        headers = {name: signature}
        if version == "v3":
            headers["X-HubSpot-Request-Timestamp"] = stamp
        else:
            headers["X-HubSpot-Signature-Version"] = version
        yield "hubspot", f"hubspot {version}", headers, text

    # Square's and SendGrid's libraries only verify: what is signed as their documentation says is shown to them first.
    text = body(merchant_id="M", type="payment.updated", event_id=str(uuid.uuid4()))
    signature = square_signature(text, f"{url}/square")
    yield "square", "square", {"x-square-hmacsha256-signature": signature}, text

    text = "[" + body(event="delivered", email="a@example.com", sg_event_id="x", timestamp=int(seconds)) + "]\r\n"
    signature = base64.b64encode(SENDGRID.sign((seconds + text).encode(), ec.ECDSA(hashes.SHA256()))).decode()
    yield "sendgrid", "sendgrid", {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": seconds,
    }, text


def square_signature(text, url):
    import hashlib
    import hmac

    return base64.b64encode(hmac.new(SQUARE.encode(), (url + text).encode(), hashlib.sha256).digest()).decode()


def accepted(source, headers, text, url):
    """What the library says to a request; header names in lower case."""
    try:
        if source == "stripe":
            stripe.Webhook.construct_event(text, headers["stripe-signature"], STRIPE)
            return True
        if source == "standard-webhooks":
            StandardWebhook(STANDARD).verify(text, headers)
            return True
        if source == "svix":
            SvixWebhook(STANDARD).verify(text, headers)
            return True
        if source == "square":
            return verify_signature(
                request_body=text,
                signature_header=headers["x-square-hmacsha256-signature"],
                signature_key=SQUARE,
                notification_url=f"{url}/square",
            )
        if source == "sendgrid":
            return EventWebhook(SENDGRID_PUBLIC).verify_signature(
                text,
                headers["x-twilio-email-event-webhook-signature"],
                headers["x-twilio-email-event-webhook-timestamp"],
            )
        if source == "hubspot":
            version = headers.get("x-hubspot-signature-version", "v3")
            name = "x-hubspot-signature-v3" if version == "v3" else "x-hubspot-signature"
            stamp = headers.get("x-hubspot-request-timestamp")
            return Signature.is_valid(headers[name], HUBSPOT, text, f"{url}/hubspot", "POST", version, stamp)
    except Exception as error:  # each library has errors of its own
        print(f"{source}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    raise ValueError(f"no library for {source}")


def spoilt(text):
    """The same length, and still JSON."""
    return text.replace("1999", "1998", 1) if "1999" in text else text.replace("e", "a", 1)


def main():
    url = sys.argv[2]
    if sys.argv[1] == "sign":
        for source, name, headers, text in signed(url):
            lowered = {key.lower(): value for key, value in headers.items()}
            assert accepted(source, lowered, text, url), f"{name}: the library refuses what was signed with it"
            assert not accepted(source, lowered, spoilt(text), url), f"{name}: the library takes an altered body"
            for genuine in (True, False):
                content = text if genuine else spoilt(text)
                line = {
                    "source": source,
                    "name": name,
                    "genuine": genuine,
                    "request": {
                        "method": "POST",
                        "url": f"{url}/{source}",
                        "headers": [["Content-Type", "application/json"]] + [[k, v] for k, v in headers.items()],
                        "body_base64": base64.b64encode(content.encode()).decode(),
                    },
                }
                print(json.dumps(line))
    else:
        for line in sys.stdin:
            request = json.loads(line)
            headers = {name.lower(): value for name, value in request["headers"]}
            text = base64.b64decode(request["body_base64"]).decode()
            source = request["url"].split("?")[0].rsplit("/", 1)[1]
            answer = {
                "source": source,
                "accepted": bool(accepted(source, headers, text, url)),
                "spoilt": bool(accepted(source, headers, spoilt(text), url)),
            }
            print(json.dumps(answer))


main()
