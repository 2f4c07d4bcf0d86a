const createdAt = new Date(); // when it happened, from your order: here, now
const res = await fetch('BASE/v1/events', {
  method: 'POST',
  headers: {
    Authorization: `Bearer ${process.env.WPP_TOKEN}`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify({
    external_id: 'PED-2003:created', // from your order too: a repeat must be the same
    type: 'order.created',
    occurred_at: createdAt,
    customer: { external_id: 'CLI-42', phone: '+5511900000001', name: 'Cliente Exemplo' },
    data: { order_id: '2003', total: { amount: 19990, currency: 'BRL' } },
  }),
});
const answer = await res.json();
// 202 the first time, 200 for a repeat
if (!res.ok) throw new Error(`${answer.code}: ${answer.action} ${answer.request_id}`);
console.log(answer.id, answer.decision.outcome, answer.decision.reason ?? '');
