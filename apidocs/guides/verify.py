import base64
import hashlib
import hmac
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secret = base64.b64decode(os.environ["WPP_WEBHOOK_SECRET"].removeprefix("whsec_"))


def verified(headers, body):
    """Whether a call is ours, whole, and not older than five minutes."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - int(at)) > 300:
        return False
    mac = hmac.new(secret, f"{id}.{at}.".encode() + body, hashlib.sha256)
    want = b"v1," + base64.b64encode(mac.digest())
    signatures = headers.get("webhook-signature", "").split()  # two v1 during a rotation
    return any(hmac.compare_digest(got.encode(), want) for got in signatures)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not verified(self.headers, body):
            self.send_error(401)
            return
        print("keep", self.headers["webhook-id"], flush=True)  # store it, then answer, then work
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
