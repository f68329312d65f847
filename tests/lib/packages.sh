# shellcheck shell=bash
# packages_install WHO: installs what tests/packages lists for "both" or for "tests" too, and only what is missing.

packages_wanted() { # WHO
	awk -v who="$1" '!/^#/ && NF == 2 && ($2 == "both" || who == "tests") { print $1 }' "$top/tests/packages"
}

packages_missing() { # WHO
	local have
	have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n${db:Status-Abbrev} ${Provides}\n' 2>/dev/null |
		sed -n 's/^ii  *//p' | tr ',' '\n' | sed 's/^ *//; s/ .*//')
	packages_wanted "$1" | grep -vxF -e "$have" || true
}

packages_install() { # WHO
	local missing
	missing=$(packages_missing "$1")
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null; then
		echo "${0##*/}: install these with your package manager, then run this again:" >&2
		echo "$missing" | sed 's/^/  /' >&2
		return 1
	fi
	echo "installing: $(echo "$missing" | tr '\n' ' ')"
	# A service that a package brings must not start on this machine because of a test.
	(
		export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
		# shellcheck disable=SC2086
		apt-get install -qq -y --no-install-recommends $missing >/dev/null ||
			{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing >/dev/null; }
	)
}
