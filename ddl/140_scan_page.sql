-- One page of a scanned file: filed with a request, open (a person or the keyed form is awaited, for
-- a named reason), or dismissed. The same page of the same file again is the same row.
CREATE TABLE IF NOT EXISTS scan_page (
    id            {bigint}      NOT NULL,
    number        {varchar:24}  NOT NULL,  -- what people write, with a check digit
    file_sha256   {varchar:64}  NOT NULL,
    page          {bigint}      NOT NULL,  -- within the file, from 1
    file_name     {varchar:300} NOT NULL,  -- base name only
    picture_sha   {varchar:64}  NOT NULL,  -- the page as it came; empty when it could not be read
    state         {varchar:12}  NOT NULL,
    reasons       {varchar:190} NOT NULL,  -- why a person must look, joined by commas
    scheme        {varchar:40}  NOT NULL,  -- what the QR code says; empty when it is not known
    form          {varchar:40}  NOT NULL,
    form_version  {varchar:20}  NOT NULL,
    form_page     {bigint}      NOT NULL,  -- page of the form; 0 when it is not known
    record_number {varchar:80}  NOT NULL,  -- 收件編號; empty when the paper bears none
    reading       {text}        NOT NULL,  -- JSON: check-boxes, seals, copies and where they lie
    request_id    {bigint}      NULL,
    scanned_by    {varchar:60}  NOT NULL,
    scanned_at    {bigint}      NOT NULL,
    settled_by    {varchar:60}  NOT NULL,
    settled_at    {bigint}      NULL,
    note          {varchar:300} NOT NULL,  -- why it was dismissed
    version       {bigint}      NOT NULL,  -- grows by one with every saved change
    PRIMARY KEY (id),
    CONSTRAINT scan_page_number UNIQUE (number),
    CONSTRAINT scan_page_once UNIQUE (file_sha256, page),
    CONSTRAINT scan_page_state CHECK (state IN ('open', 'filed', 'dismissed')),
    CONSTRAINT scan_page_settled CHECK ((settled_at IS NULL) = (state = 'open')),
    CONSTRAINT scan_page_filed CHECK ((request_id IS NOT NULL) = (state = 'filed'))
) {table};
