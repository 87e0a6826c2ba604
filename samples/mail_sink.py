#!/usr/bin/python3
"""A mail server for the demo desk: takes every mail by STARTTLS and AUTH on loopback and keeps it.

    mail_sink.py --port P --cert CERT.pem --key KEY.pem --user NAME --password-file FILE --out DIR

Each accepted mail becomes DIR/NNN.eml, whole or not at all, before the sender hears 250. Prints
"ready PORT" when it listens (--port 0 takes a free one); ends on SIGTERM or SIGINT. Needs
python3-aiosmtpd.
"""
import argparse
import asyncio
import hmac
import os
import pathlib
import signal
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

MAIL_BYTES_MAX = 10_000_000  # what the engine sends at most, and mail servers commonly take


class Keep:
    """Writes mails as numbered files, going on after what is there."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = max((int(f.stem) for f in folder.glob('*.eml') if f.stem.isdigit()), default=0)

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        whole = self.folder / f'{self.count:03}.eml'
        part = whole.with_suffix('.part')
        with open(part, 'wb') as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(whole)
        return f'250 2.0.0 Ok: kept as {whole.name}'


def login(user, password):
    def check(server, session, envelope, mechanism, data):
        good = (isinstance(data, LoginPassword)
                and hmac.compare_digest(data.login, user.encode())
                and hmac.compare_digest(data.password, password.encode()))
        return AuthResult(success=good, handled=False)
    return check


async def serve(options):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    key_password = options.key_password_file
    tls.load_cert_chain(options.cert, options.key,
                        key_password.read_text().strip() if key_password else None)
    password = options.password_file.read_text().splitlines()[0]
    keep = Keep(options.out)

    def session():
        return SMTP(keep, hostname='localhost', tls_context=tls, require_starttls=True,
                    auth_required=True, authenticator=login(options.user, password),
                    data_size_limit=MAIL_BYTES_MAX)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, '127.0.0.1', options.port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print('ready', server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--user', required=True)
    for name in ('--cert', '--key', '--password-file', '--out'):
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument('--key-password-file', type=pathlib.Path)
    asyncio.run(serve(parser.parse_args()))


if __name__ == '__main__':
    main()
