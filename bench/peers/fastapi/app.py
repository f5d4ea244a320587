"""The job in FastAPI, with uvicorn, uvloop, httptools, redis.asyncio and Stripe's own signature check."""

import hashlib
import json
import os
import time
import uuid

import redis.asyncio as redis
from fastapi import FastAPI, Request, Response
from stripe import SignatureVerificationError, WebhookSignature

SECRET = os.environ["WEBHOOK_SECRET"]
TOLERANCE = int(os.environ.get("WEBHOOK_TOLERANCE", "300"))
with open(os.environ["INGEST_LUA"], encoding="utf-8") as file:
    SCRIPT = file.read()
SHA = hashlib.sha1(SCRIPT.encode()).hexdigest()
ACCEPTED, DUPLICATE = b'{"status":"accepted"} ', b'{"status":"duplicate"}'

store = redis.Redis(host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), max_connections=256)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.post("/webhooks/stripe")
async def stripe_webhook(request: Request):
    body = await request.body()
    try:
        WebhookSignature.verify_header(body.decode(), request.headers.get("stripe-signature", ""), SECRET, TOLERANCE)
    except SignatureVerificationError:
        return Response(b'{"error":"signature"}', 401, media_type="application/json")
    try:
        event = json.loads(body)
        item, event_id = event["data"]["object"], event["id"]
    except (ValueError, KeyError):
        return Response(b'{"error":"json"}', 400, media_type="application/json")
    out = json.dumps({
        "id": event_id, "source": "stripe", "type": event["type"], "dedupe_key": "stripe:" + event_id,
        "received_at": int(time.time()), "attempt": 0, "route": "default", "archive": "wh:raw:stripe:" + event_id,
        "content_type": request.headers.get("content-type"), "request_id": uuid.uuid4().hex,
        "data": {
            "event_id": event_id, "api_version": event["api_version"], "created": event["created"],
            "livemode": event["livemode"], "payment_intent": item["id"], "amount": item["amount"],
            "currency": item["currency"], "customer": item["customer"], "status": item["status"],
            "order_id": item["metadata"]["order_id"], "email": item["receipt_email"],
            "description": item["description"], "charge": item["latest_charge"],
        },
    })
    keys = ("wh:d:stripe:" + event_id, "wh:q:default", "wh:raw:stripe:" + event_id)
    try:
        stored = await store.evalsha(SHA, 3, *keys, out, body, 86400, 604800)
    except redis.ResponseError:
        stored = await store.eval(SCRIPT, 3, *keys, out, body, 86400, 604800)
    return Response(ACCEPTED if stored == 1 else DUPLICATE, media_type="application/json")
