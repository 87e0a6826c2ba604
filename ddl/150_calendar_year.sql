-- The government's working days, one year a row (行政機關辦公日曆表).
CREATE TABLE IF NOT EXISTS calendar_year (
    year         {bigint}     NOT NULL,  -- of the Gregorian calendar
    days         {text}       NOT NULL,  -- canonical CSV: 西元日期,星期,是否放假,備註
    sha256       {varchar:64} NOT NULL,  -- of days
    imported_by  {varchar:60} NOT NULL,
    imported_at  {bigint}     NOT NULL,
    PRIMARY KEY (year)
) {table};
