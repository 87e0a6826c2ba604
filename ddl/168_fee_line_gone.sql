-- Everything in it was moved by 161; nothing reads it.
DROP TABLE IF EXISTS fee_line;
