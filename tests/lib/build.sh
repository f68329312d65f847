# shellcheck shell=bash
# Where and how tests/run and tools/quickstart build: from a clean copy, out of tree, one folder a flavour. Wants $top.

# The copy and the builds live in tests/work, which git ignores; where the checkout cannot be written to, in a folder that is
# removed at the end.
build_prepare() {
	if mkdir -p "$top/tests/work" 2>/dev/null && [ -w "$top/tests/work" ]; then
		work=$top/tests/work
	else
		work=$(mktemp -d /var/tmp/whatsapp-otp.XXXXXX)
		build_temporary=$work
	fi
	mkdir -p "$work/src" "$work/log"
	exec 9>"$work/lock"
	if ! flock -n 9; then
		echo "${0##*/}: another run builds in $work; waiting for it" >&2
		flock 9
	fi
}

# Gives what root has made back to whoever owns the checkout.
build_finish() {
	if [ -n "${build_temporary:-}" ]; then
		rm -rf "$build_temporary"
	elif [ -n "${work:-}" ]; then
		chown -R --reference="$top" "$work" 2>/dev/null || true
	fi
}

# Files of the checkout as they are now, without what a build in it has left behind. Times are kept, so that a second run
# compiles only what has changed.
build_copy() {
	local exclude=(--exclude-vcs --exclude=./tests/work --exclude='./build*' --exclude=./autom4te.cache --exclude='*.o'
		--exclude='*.lo' --exclude='*.la' --exclude=.libs --exclude=.deps --exclude=.dirstamp --exclude=__pycache__
		--exclude=.pytest_cache --exclude='*.log' --exclude='*.trs' --exclude=./config.status --exclude=./Makefile
		--exclude=./Makefile.in --exclude=./configure --exclude='./configure~' --exclude=./aclocal.m4 --exclude=./libtool
		--exclude='./m4/*.m4')
	local list=$work/files
	(cd "$top" && find . -path ./.git -prune -o -path ./tests/work -prune -o -type f -print) | sort >"$list.new"
	[ ! -e "$list" ] || comm -23 "$list" "$list.new" | (cd "$work/src" && tr '\n' '\0' | xargs -0 rm -f)
	mv "$list.new" "$list"
	tar -C "$top" -c "${exclude[@]}" . | tar -C "$work/src" -x --no-same-owner
	mkdir -p "$work/src/build-aux" "$work/src/m4"
	if [ ! -x "$work/src/configure" ] || [ "$work/src/configure.ac" -nt "$work/src/configure" ]; then
		(cd "$work/src" && autoreconf -i) >"$work/log/autoreconf" 2>&1 || build_failed autoreconf || return
	fi
}

# build_flavour NAME "TARGETS" CONFIGURE-ARGUMENT…
build_flavour() {
	local name=$1 targets=$2
	shift 2
	mkdir -p "$work/$name"
	# shellcheck disable=SC2086
	(cd "$work/$name" && { [ -e config.status ] || "$work/src/configure" "$@"; } && make -j"$(nproc)" $targets) \
		>"$work/log/$name" 2>&1 9>&-
}

# The product as a distribution would install it, in $stage.
build_product() {
	local pam
	stage=$work/stage
	pam=$(dirname "$(find /usr/lib /lib /usr/lib64 /lib64 -name pam_unix.so -print -quit 2>/dev/null)")
	pam=/usr/${pam#/usr/}
	build_flavour product all --prefix=/usr --sysconfdir=/etc --localstatedir=/var --with-pamdir="$pam" \
		--enable-werror || build_failed product || return
	rm -rf "$stage"
	make -C "$work/product" install DESTDIR="$stage" >"$work/log/install" 2>&1 || build_failed install
}

build_failed() { # LOG
	tail -n 40 "$work/log/$1" >&2
	echo "${0##*/}: $1 failed; the whole log is $work/log/$1" >&2
	return 1
}
