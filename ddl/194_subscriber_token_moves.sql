-- Tokens of older desks. A made card whose parcel was posted is on its way.
INSERT INTO subscriber_token (id, subscriber_id, order_key, kind, certificate_use, state, primary_key, card_number, ordered_at, changed_at)
SELECT token.id, token.subscriber_id, token.order_key, token.kind, token.certificate_use,
       CASE WHEN token.state = 'ended' THEN 'retired'
            WHEN token.state = 'made' AND token.kind <> 'non_card' AND EXISTS
                 (SELECT 1 FROM parcel_item
                  JOIN parcel ON parcel.id = parcel_item.parcel_id
                  WHERE parcel_item.kind = 'card' AND parcel_item.reference = token.order_key
                    AND parcel.state = 'posted') THEN 'shipped'
            WHEN token.state = 'made' THEN 'personalised'
            ELSE token.state END,
       token.primary_key, token.card_number, token.ordered_at, token.changed_at
FROM token
WHERE NOT EXISTS (SELECT 1 FROM (SELECT id FROM subscriber_token) AS moved WHERE moved.id = token.id);
