-- Entries of older desks. None of their certificates names a partition; all count as changed since
-- the last CRL.
INSERT INTO ca_crl_entry (certificate_id, issuer, serial, not_after, since, reason, crl_partition, after_crl)
SELECT ca_certificate.id, ca_certificate.issuer, ca_certificate.serial, ca_certificate.not_after, ca_certificate.since, ca_certificate.reason, 0, ca_authority.crl_number
FROM ca_certificate
JOIN ca_authority ON ca_authority.issuer = ca_certificate.issuer
WHERE ca_certificate.state IN ('held', 'revoked')
  AND NOT EXISTS (SELECT 1 FROM (SELECT certificate_id FROM ca_crl_entry) AS moved WHERE moved.certificate_id = ca_certificate.id);
