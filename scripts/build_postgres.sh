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

# Removes the scratch directory.
# shellcheck disable=SC2317  # the trap calls it
cleanup()
{
	[ -z "$scratch" ] || rm -rf "$scratch"
}

# Downloads the source package of PostgreSQL $1 into $scratch/download, as apt
# does with a source line for its suite.
download()
{
	# shellcheck disable=SC2016  # apt fills these in
	local private=$scratch/apt format='$(ORIGIN) $(LABEL) $(REPO_URI)' mirror keys
	local -a apt

	mirror=$(apt-get indextargets --format "$format" 'Identifier: Packages' |
		sed -n 's/^Debian Debian //p' | head -n 1)
	[ -n "$mirror" ] || die "apt knows no mirror of Debian"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	"${as_user[@]}" mkdir -p "$private/lists/partial" "$private/cache/archives/partial" "$scratch/download"
	echo "deb-src [signed-by=$keys] $mirror ${suites[$1]} main" | "${as_user[@]}" tee "$private/sources.list" >/dev/null
	apt=(env --chdir="$scratch/download" apt-get -qq
		-o Dir::Etc::sourcelist="$private/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
		-o Dir::State::lists="$private/lists" -o Dir::Cache="$private/cache" -o APT::Sandbox::User=)
	"${as_user[@]}" "${apt[@]}" update
	"${as_user[@]}" "${apt[@]}" source --download-only "postgresql-$1"
}

# Builds PostgreSQL $1 with the settings $3... for configure and installs it in $2.
build()
{
	local major=$1 prefix=$2 debian
	shift 2

	download "$major"
	"${as_user[@]}" mkdir "$scratch/source" "$scratch/debian"
	"${as_user[@]}" tar -C "$scratch/source" --strip-components=1 -xf "$scratch"/download/*.orig.tar.*
	"${as_user[@]}" tar -C "$scratch/debian" -xf "$scratch"/download/*.debian.tar.*
	# Debian's setting with which tests find an extension in a directory of their
	# own; since 18 there is another one.
	debian=$scratch/debian/debian/patches/extension_destdir
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
	packages=(gcc libc6-dev make perl libipc-run-perl bison flex zlib1g-dev patch xz-utils bzip2 debian-archive-keyring)
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
		build "$major" "$prefix" "${settings[@]}" </dev/null >"$scratch/log" 2>&1 ||
			{ tail -n 50 "$scratch/log" >&2; die "could not build PostgreSQL $major"; }
		echo "${settings[*]}" | "${as_user[@]}" tee "$prefix/built" >/dev/null
	fi
	echo "$prefix/bin/pg_config"
}

main "$@"
exit
