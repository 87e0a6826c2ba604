-- Who is registered, once a scheme: made when a registration is approved.
CREATE TABLE IF NOT EXISTS subscriber (
    id               {bigint}      NOT NULL,
    scheme           {varchar:40}  NOT NULL,
    kind             {varchar:40}  NOT NULL,  -- applicant kind of the registration form
    id_number        {varchar:40}  NOT NULL,  -- national ID, resident number, unified business number, passport
    name             {varchar:300} NOT NULL,
    request_id       {bigint}      NOT NULL,  -- the registration
    registered_at    {bigint}      NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT subscriber_once UNIQUE (scheme, id_number)
) {table};
