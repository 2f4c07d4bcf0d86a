import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = Buffer.from(process.env.WPP_WEBHOOK_SECRET.replace('whsec_', ''), 'base64');

// Whether a call is ours, whole, and not older than five minutes.
function verified(headers, body) {
  const id = headers['webhook-id'];
  const at = headers['webhook-timestamp'];
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false;
  const mac = createHmac('sha256', secret).update(`${id}.${at}.`).update(body);
  const want = Buffer.from('v1,' + mac.digest('base64'));
  return (headers['webhook-signature'] ?? '')
    .split(' ') // two v1 during a rotation
    .map((part) => Buffer.from(part))
    .some((got) => got.length === want.length && timingSafeEqual(got, want));
}

createServer(async (req, res) => {
  const parts = [];
  for await (const part of req) parts.push(part);
  const body = Buffer.concat(parts); // the raw bytes, not JSON written anew
  if (!verified(req.headers, body)) {
    res.writeHead(401).end();
    return;
  }
  console.log('keep', req.headers['webhook-id']); // store it, then answer, then work
  res.writeHead(204).end();
}).listen(Number(process.env.PORT), '127.0.0.1');
