// Repeats the same request, with the same key, until it has an answer that
// waiting will not change.
async function send(key, body) {
  for (let attempt = 0; ; attempt += 1) {
    const res = await fetch('BASE/v1/messages', {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${process.env.WPP_TOKEN}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
      },
      body: JSON.stringify(body),
    }).catch(() => null);
    const again = !res || res.status === 429 || res.status >= 500;
    if (!again) return res;
    if (attempt === 5) throw new Error('no answer');
    const seconds = Number(res?.headers.get('Retry-After')) || 2 ** attempt;
    await new Promise((done) => setTimeout(done, seconds * 1000));
  }
}

const res = await send('PED-1003:enviado', {
  to: '+5511900000001',
  type: 'text',
  text: { body: 'Olá! Seu pedido 1003 foi enviado.' },
});
console.log(res.status, res.headers.get('Idempotency-Replayed'));
