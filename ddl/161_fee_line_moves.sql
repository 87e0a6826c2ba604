-- Charges of older desks: fee_line, which nothing reads any more. Nobody had recorded a payment.
INSERT INTO fee_charge (id, receipt_number, scheme, item, kind, unit_twd, pieces, amount_twd, request_id, state, alive, charged_by, charged_at)
SELECT fee_line.id, fee_line.receipt_number, request.scheme, fee_line.item, 'form', fee_line.amount_twd, 1, fee_line.amount_twd, fee_line.request_id, 'due', 1, 'system', fee_line.charged_at
FROM fee_line
JOIN request ON request.id = fee_line.request_id
WHERE NOT EXISTS (SELECT 1 FROM (SELECT id FROM fee_charge) AS moved WHERE moved.id = fee_line.id);
