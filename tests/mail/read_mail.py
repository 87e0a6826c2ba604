#!/usr/bin/python3
"""read_mail.py FILE [FOLDER]: what a reader sees of a mail, as one JSON object; by Python's own
parser, in its modern policy and, for the names, in its old one. A second opinion on what we write.
With FOLDER, attachments are saved there under their numbers: 0, 1 ..."""
import email, email.header, email.policy, hashlib, json, os, sys

raw = open(sys.argv[1], 'rb').read()
modern = email.message_from_bytes(raw, policy=email.policy.default)
old = email.message_from_bytes(raw)
is_signed = modern.get_content_type() == 'multipart/signed'
content = next(modern.iter_parts()) if is_signed else modern


def plain(value):
    return str(email.header.make_header(email.header.decode_header(value)))


attachments = [
    {
        'name': part.get_filename(),
        'type': part.get_content_type(),
        'sha256': hashlib.sha256(part.get_payload(decode=True)).hexdigest(),
    }
    for part in content.iter_attachments()
]
if len(sys.argv) > 2:
    for number, part in enumerate(content.iter_attachments()):
        with open(os.path.join(sys.argv[2], str(number)), 'wb') as file:
            file.write(part.get_payload(decode=True))
body = content.get_body(('plain',))
html = content.get_body(('html',))


def shape(part):
    inner = ','.join(shape(p) for p in part.iter_parts()) if part.is_multipart() else ''
    return part.get_content_type() + (f'({inner})' if inner else '')


print(json.dumps({
    'subject': modern['Subject'],
    'old_subject': plain(old['Subject']),
    'from': modern['From'].addresses[0].display_name,
    'to': modern['To'].addresses[0].display_name,
    'to_address': modern['To'].addresses[0].addr_spec,
    'message_id': modern['Message-ID'],
    'text': body.get_content(),
    'html': html.get_content() if html else '',
    'shape': shape(modern),
    'attachments': attachments,
    'old_names': [part.get_filename() for part in old.walk() if part.get_filename()],
    'defects': [str(d) for part in modern.walk() for d in part.defects],
    'eight_bit': any(byte > 126 for byte in raw),
    'longest_line': max(len(line) for line in raw.split(b'\n')),
}))
