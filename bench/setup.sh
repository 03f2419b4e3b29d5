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
huge_pages=no
huge_pages_before=''
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
	[ -z "$huge_pages_before" ] || echo "$huge_pages_before" | as_root tee "$reserved" >/dev/null
}

# Where Linux keeps the number of huge pages, here of 2 MB, that it reserves.
reserved=/proc/sys/vm/nr_hugepages

# Reserves huge pages, if asked to, for the 4 GB of shared buffers in bench/postgresql.conf and what
# comes with them.  Prints the setting with which the server fails to start if it gets none.
reserve_huge_pages()
{
	[ "$huge_pages" = yes ] || return 0
	echo $((huge_pages_before + 2300)) | as_root tee "$reserved" >/dev/null
	[ "$(<"$reserved")" -ge $((huge_pages_before + 2300)) ] ||
		die "no 2300 huge pages are free; try again without --huge-pages"
	echo "huge_pages = on"
}

# Makes the scratch directory, builds everything in it and starts a server.
prepare_server()
{
	local settings

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
	[ "$huge_pages" = no ] || huge_pages_before=$(<"$reserved")
	settings=$(cat "$here/bench/postgresql.conf" && reserve_huge_pages) || exit
	start_server <<<"$settings"
}

# Puts file $3 between the markers "<!-- $1 -->" and "<!-- end of $1 -->" of file $2.
publish()
{
	perl -0777 -i -pe '
		BEGIN { $name = shift; local $/; open F, "<", shift or die; $new = <F>; }
		s/(<!-- $name -->\n).*?(<!-- end of $name -->)/$1\n$new\n$2/s or die "no markers in $ARGV\n"' "$1" "$3" "$2"
}
