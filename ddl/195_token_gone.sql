-- Everything in it was moved by 194; nothing reads it.
DROP TABLE IF EXISTS token;
