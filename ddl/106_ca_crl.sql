-- CRLs by number. A number whose CRL was not finished stays unused.
CREATE TABLE IF NOT EXISTS ca_crl (
    issuer       {varchar:40}   NOT NULL,
    number       {bigint}       NOT NULL,
    this_update  {bigint}       NOT NULL,
    next_update  {bigint}       NOT NULL,
    state        {varchar:12}   NOT NULL,
    entries      {bigint}       NOT NULL,
    sha256       {varchar:64}   NOT NULL,  -- of the file; empty until issued
    PRIMARY KEY (issuer, number),
    CONSTRAINT ca_crl_state CHECK (state IN ('begun', 'issued')),
    CONSTRAINT ca_crl_file CHECK ((state = 'issued') = (sha256 <> ''))
) {table};
