-- OCSP answers signed in advance, one for each hash a client may name the issuer by. An answer
-- counts while the certificate still has the version it speaks of.
CREATE TABLE IF NOT EXISTS ca_ocsp_response (
    certificate_id  {bigint}     NOT NULL,
    hash            {varchar:8}  NOT NULL,
    version         {bigint}     NOT NULL,  -- of ca_certificate
    this_update     {bigint}     NOT NULL,
    next_update     {bigint}     NOT NULL,
    response        {blob}       NOT NULL,  -- DER OCSPResponse
    PRIMARY KEY (certificate_id, hash),
    CONSTRAINT ca_ocsp_response_hash CHECK (hash IN ('sha1', 'sha256'))
) {table};
