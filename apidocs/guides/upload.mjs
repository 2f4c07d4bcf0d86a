import { openAsBlob } from 'node:fs';

async function call(path, key, body, headers = {}) {
  const res = await fetch('BASE' + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env.WPP_TOKEN}`, 'Idempotency-Key': key, ...headers },
    body,
  });
  const answer = await res.json();
  if (!res.ok) throw new Error(`${answer.code}: ${answer.action} ${answer.request_id}`);
  return answer.id;
}

const form = new FormData(); // fetch writes its Content-Type
form.append('file', await openAsBlob('nota.pdf', { type: 'application/pdf' }), 'nota.pdf');
const media = await call('/v1/media', 'PED-1003:nota', form);

const message = JSON.stringify({
  to: '+5511900000001',
  type: 'document',
  document: { id: media, caption: 'Nota do pedido 1003', filename: 'nota-1003.pdf' },
});
console.log(await call('/v1/messages', 'PED-1003:nota:envio', message, { 'Content-Type': 'application/json' }));
