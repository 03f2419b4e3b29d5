#!/bin/bash
#
# build_postgres.sh
#		Builds a PostgreSQL with assertions from Debian's source package, once, and
#		prints the path of its pg_config.
#
#	scripts/build_postgres.sh 17             with assertions
#	scripts/build_postgres.sh 15 valgrind    and telling Valgrind of its memory contexts
#
# What is built stays in /var/cache/btrdb-postgres (root) or
# $XDG_CACHE_HOME/btrdb-postgres; remove it there to have it built anew.  Sources
# come from the mirror and with the keys that this machine's apt uses for Debian,
# by lists of their own: apt's configuration is not touched.
set -euo pipefail

program=build_postgres.sh
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/common.sh
. "$here/scripts/common.sh"

# The suite of Debian that has the source package of each major version.
declare -A suites=([15]=bookworm [16]=trixie [17]=trixie [18]=sid)

scratch=''

# Shows the end of the log if the build has failed, and removes the scratch directory.
# shellcheck disable=SC2317  # the trap calls it
cleanup()
{
	local status=$?

	if [ "$status" -ne 0 ] && [ -e "$scratch/log" ]; then
		tail -n 50 "$scratch/log" >&2
		echo "$program: could not build" >&2
	fi
	rm -rf "$scratch"
}

# Downloads the source package of PostgreSQL $1 into $scratch/download, as apt
# does with a source line for its suite.  A mirror may list a release that it does not
# have yet, but still have one before it: its signature is one of Debian's developers.
download()
{
	# shellcheck disable=SC2016  # apt fills these in
	local private=$scratch/apt format='$(ORIGIN) $(LABEL) $(REPO_URI)'
	local keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror listed upstream minor try
	local -a options

	mirror=$(apt-get indextargets --format "$format" 'Identifier: Packages' |
		sed -n 's/^Debian Debian //p' | sed -n '1s|/*$||p')
	[ -n "$mirror" ] || die "apt knows no mirror of Debian"
	"${as_user[@]}" mkdir -p "$private/lists/partial" "$private/cache/archives/partial" "$scratch/download"
	echo "deb-src [signed-by=$keys] $mirror ${suites[$1]} main" | "${as_user[@]}" tee "$private/sources.list" >/dev/null
	options=(-qq -o Dir::Etc::sourcelist="$private/sources.list" -o Dir::Etc::sourceparts=-
		-o Dir::Etc::preferencesparts=- -o Dir::State::lists="$private/lists" -o Dir::Cache="$private/cache"
		-o APT::Sandbox::User=)
	cd "$scratch/download"
	"${as_user[@]}" apt-get "${options[@]}" update
	"${as_user[@]}" apt-get "${options[@]}" source --download-only "postgresql-$1" && return 0

	listed=$(apt-cache "${options[@]}" showsrc --only-source "postgresql-$1" | sed -n 's/^Version: //p' | head -n 1)
	upstream=${listed%-*}
	minor=${upstream#*.}
	install_missing debian-keyring
	for try in 1 2 3; do
		fetch "$mirror/pool/main/p/postgresql-$1" "postgresql-$1_$1.$((minor - try))" "${listed##*-}" && return 0
	done
	return 1
}

# Downloads release $2, package revision $3, from the directory $1 of a mirror.  The .dsc
# has the checksums of the others.
fetch()
{
	local name

	for name in "$2-$3.dsc" "$2.orig.tar.bz2" "$2-$3.debian.tar.xz"; do
		"${as_user[@]}" /usr/lib/apt/apt-helper download-file "$1/$name" "$name" || return
	done
	"${as_user[@]}" gpgv --keyring /usr/share/keyrings/debian-keyring.gpg "$2-$3.dsc"
}

# Builds PostgreSQL $1 with the settings $3... for configure and installs it in $2.
build()
{
	local major=$1 prefix=$2 debian
	shift 2

	download "$major"
	"${as_user[@]}" dpkg-source --skip-patches -x "$scratch"/download/*.dsc "$scratch/source"
	# Debian's setting with which tests find an extension in a directory of their
	# own; since 18 there is another one.
	debian=$scratch/source/debian/patches/extension_destdir
	if [ -e "$debian" ]; then
		"${as_user[@]}" patch -s -d "$scratch/source" -p1 -i "$debian"
	fi
	"${as_user[@]}" env --chdir="$scratch/source" ./configure --prefix="$prefix" "$@"
	"${as_user[@]}" make -C "$scratch/source" -s -j2
	"${as_user[@]}" make -C "$scratch/source/contrib" -s -j2
	"${as_user[@]}" make -C "$scratch/source" -s install
	"${as_user[@]}" make -C "$scratch/source/contrib" -s install
	"${as_user[@]}" make -C "$scratch/source/src/test/isolation" -s install
	"${as_user[@]}" cp "$scratch/source/src/tools/valgrind.supp" "$prefix"
}

main()
{
	local major=${1:-} kind=${2:-} cache prefix cflags
	local -a settings packages

	[[ -v suites["${major:-none}"] ]] ||
		die "which PostgreSQL? one of: $(printf '%s\n' "${!suites[@]}" | sort | tr '\n' ' ')"
	cflags='-O1 -ggdb -fno-omit-frame-pointer'
	packages=(gcc libc6-dev make perl libipc-run-perl bison flex zlib1g-dev patch dpkg-dev xz-utils bzip2 debian-archive-keyring)
	case $kind in
		'') ;;
		valgrind) cflags+=' -DUSE_VALGRIND'; packages+=(valgrind) ;;
		*) die "unknown kind \"$kind\"; known: valgrind" ;;
	esac
	settings=(--enable-cassert --enable-debug --enable-tap-tests --without-icu --without-readline "CFLAGS=$cflags")

	install_missing "${packages[@]}" >&2
	choose_user
	if [ "$(id -u)" -eq 0 ]; then
		cache=/var/cache/btrdb-postgres
	else
		cache=${XDG_CACHE_HOME:-$HOME/.cache}/btrdb-postgres
	fi
	prefix=$cache/$major${kind:+-$kind}
	if [ "$(cat "$prefix/built" 2>/dev/null)" != "${settings[*]}" ]; then
		say "building PostgreSQL $major with assertions in $prefix, once: some minutes" >&2
		trap cleanup EXIT
		trap 'exit 130' INT TERM HUP
		scratch=$(mktemp -d /var/tmp/btrdb-postgres.XXXXXX)
		mkdir -p "$cache"
		rm -rf "$prefix"
		[ "$user" = "$(id -un)" ] || chown "$user" "$scratch" "$cache"
		enter_scratch
		# not in a condition, where errors would not end it
		build "$major" "$prefix" "${settings[@]}" </dev/null >"$scratch/log" 2>&1
		echo "${settings[*]}" | "${as_user[@]}" tee "$prefix/built" >/dev/null
	fi
	echo "$prefix/bin/pg_config"
}

main "$@"
exit
