# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables shared with the caller
#
# setup.sh
#		What bench/run and bench/counts share: a scratch directory with a build and
#		a private server, and writing results into the documentation.
#
# To be sourced after scripts/common.sh, by a program that has set "here".

scratch=''
keep=no
packages_needed=(postgresql-15 postgresql-server-dev-15 gcc libc6-dev make uuid-dev libpq-dev perl)

# Ends what still runs and removes the scratch directory.
cleanup()
{
	trap - EXIT INT TERM HUP
	[ -n "$scratch" ] || return 0
	if [ "$keep" = yes ]; then
		say "kept: $scratch"
		return 0
	fi
	stop_servers "$scratch"
	rm -rf "$scratch"
}

# Makes the scratch directory, builds everything in it and starts a server.
prepare_server()
{
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	scratch=$(mktemp -d "${BTRDB_BENCH_DIR:-/var/tmp}/btrdb-bench.XXXXXX")
	chmod 711 "$scratch"
	[ "$user" = "$(id -un)" ] || chown "$user" "$scratch"
	cd "$scratch" || exit
	enter_scratch
	build_release "$here" with_llvm=no
	"${as_user[@]}" make -s -C "$scratch/source" bench-tools >/dev/null
	"${as_user[@]}" ln -s source/build "$scratch/build"
	start_server <"$here/bench/postgresql.conf"
}

# Prints the short name of the commit that is checked out in $1, if git knows.
commit_of()
{
	git -C "$1" describe --always --dirty 2>/dev/null || true
}

# Puts file $3 between the markers "<!-- $1 -->" and "<!-- end of $1 -->" of file $2.
publish()
{
	perl -0777 -i -pe '
		BEGIN { $name = shift; local $/; open F, "<", shift or die; $new = <F>; }
		s/(<!-- $name -->\n).*?(<!-- end of $name -->)/$1\n$new\n$2/s or die "no markers in $ARGV\n"' "$1" "$3" "$2"
}
