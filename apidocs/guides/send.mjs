const res = await fetch('BASE/v1/messages', {
  method: 'POST',
  headers: {
    Authorization: `Bearer ${process.env.WPP_TOKEN}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': 'PED-1003:enviado',
  },
  body: JSON.stringify({
    to: '+5511900000001',
    type: 'text',
    text: { body: 'Olá! Seu pedido 1003 foi enviado.' },
  }),
});
const answer = await res.json();
if (!res.ok) throw new Error(`${answer.code}: ${answer.action} ${answer.request_id}`);
console.log(answer.id);
