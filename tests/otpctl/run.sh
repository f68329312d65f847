#!/bin/sh
# make check: the tests of whatsapp-otpctl against the program of this build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
/usr/bin/python3 -c 'import pytest, pexpect' 2>/dev/null || {
	echo "skipped: install python3-pytest and python3-pexpect (Debian, Ubuntu)"
	exit 77
}
export WHATSAPP_OTPCTL="${WHATSAPP_OTPCTL:-$PWD/whatsapp-otpctl}" PYTHONDONTWRITEBYTECODE=1
[ -x "$WHATSAPP_OTPCTL" ] || {
	echo "run.sh: $WHATSAPP_OTPCTL is missing; build it first (make whatsapp-otpctl), or name it by WHATSAPP_OTPCTL" >&2
	exit 1
}
exec /usr/bin/python3 -m pytest -q -p no:cacheprovider "$here" "$@"
