"""The peers: stacks of pam_google_authenticator and pam_oath that are as they are after their own set-up, with codes that work."""

import base64
import hashlib
import hmac
import os
import secrets
import struct
import time


def one_time_code(secret, counter):
    """HOTP (RFC 4226), six digits; TOTP (RFC 6238) with the number of the half minute as counter."""
    digest = hmac.new(secret, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


def google_authenticator(bench, name, logins):
    """
    What `google-authenticator --time-based --disallow-reuse --rate-limit=3 --rate-time=30 --window-size=3` writes, which are the
    answers that it proposes. Such a file accepts three logins in half a minute, so each login finds a fresh one. The codes are the
    next half minute's: the window lets them in from now until that one is over and the one behind it.
    """
    folder = bench.folder / name
    folder.mkdir(mode=0o700)
    step, codes = int(time.time()) // 30 + 1, []
    for n in range(logins):
        secret = secrets.token_bytes(16)
        text = base64.b32encode(secret).decode().rstrip("=")
        lines = [text, '" RATE_LIMIT 3 30', '" WINDOW_SIZE 3', '" DISALLOW_REUSE', '" TOTP_AUTH', *(str(10000000 + i) for i in range(5))]
        with open(os.open(folder / f"guest{n}", os.O_WRONLY | os.O_CREAT, 0o400), "w") as file:
            file.write("\n".join(lines) + "\n")
        codes.append(f"guest{n} {one_time_code(secret, step)}\n")
    return f"pam_google_authenticator.so user=root secret={folder}/${{USER}}", bench.write(f"{name}.codes", "".join(codes))


def oath(bench, users, logins):
    """A users file of so many people; those who log in stand everywhere in it."""
    lines, codes = [], []
    for n in range(users):
        secret = secrets.token_bytes(20)
        lines.append(f"HOTP\toath{n}\t-\t{secret.hex()}\n")
        if n % (users // logins) == 0:
            codes.append(f"oath{n} {one_time_code(secret, 0)}\n")
    file = bench.write("oath.users", "".join(lines))
    return f"pam_oath.so usersfile={file} window=5 digits=6", bench.write("oath.codes", "".join(codes))
