# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables shared with the caller
#
# common.sh
#		What ./check, ./quickstart and bench/ share: packages, the unprivileged user, a
#		private copy of the source, the build, and stopping servers.
#
# To be sourced after "set -euo pipefail".  The caller sets "program" (for
# messages) and later "scratch", the private directory that all work goes to.

# The PostgreSQL to use.  Another one is chosen with PG_CONFIG=/path/to/pg_config.
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}

# Prints what is being done, apart from the output of the tools.
say()
{
	printf '%s\n' "== $*"
}

# Prints the short name of the commit that is checked out in $1, if git knows.
commit_of()
{
	git -C "$1" describe --always --dirty 2>/dev/null || true
}

# Ends with a message.
die()
{
	printf '%s: %s\n' "$program" "$*" >&2
	exit 1
}

# Runs a command as root: directly, or by sudo.
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null ||
			die "need root to install packages, and there is no sudo: run \"$*\" as root, then try again"
		sudo "$@"
	fi
}

# Installs those of the named Debian packages that are missing.  With BTRDB_INSTALL=no, as
# where a package is built, nothing is installed: what needs them fails, or is left out.
#
# Debian's postgresql-15 would create and start a cluster "main" when it is
# first installed.  Nothing here uses it, so a setting that exists only during
# the installation prevents it.
install_missing()
{
	local package status log conf=/etc/postgresql-common/createcluster.d/btrdb.conf
	local -a missing=()

	[ "${BTRDB_INSTALL:-}" != no ] || return 0
	for package in "$@"; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$status" = installed ] || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	command -v apt-get >/dev/null ||
		die "missing: ${missing[*]}; install them and try again"
	say "installing with apt: ${missing[*]}"
	log=$(mktemp)
	as_root apt-get update -qq </dev/null >"$log" 2>&1 || { cat "$log" >&2; die "apt-get update failed"; }
	case " ${missing[*]} " in
		*" postgresql-15 "*)
			say "Debian's default cluster \"main\" is not created, so no server is left running"
			as_root mkdir -p "${conf%/*}"
			echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
			;;
	esac
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		"${missing[@]}" </dev/null >"$log" 2>&1 || status=failed
	as_root rm -f "$conf"
	[ "$status" != failed ] || { cat "$log" >&2; die "apt-get install failed"; }
	rm -f "$log"
}

# Installs what $1/package-lock.json names into the cache directory $2, with npm, and sets
# "packages" to it; leaves "packages" empty where that cannot be done.  $3 is what it is called;
# what follows goes to npm.
install_node_packages()
{
	local cache log source=$1 name=$3

	packages=''
	if [ "$(id -u)" -eq 0 ]; then
		cache=/var/cache/$2
	else
		cache=${XDG_CACHE_HOME:-$HOME/.cache}/$2
	fi
	shift 3
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		say "$name is left out: there is no node or no npm"
		return 0
	fi
	if ! cmp -s "$source/package-lock.json" "$cache/installed"; then
		if [ "${BTRDB_INSTALL:-}" = no ]; then
			say "$name is left out: nothing is to be installed"
			return 0
		fi
		say "installing $name with npm, in $cache"
		mkdir -p "$cache"
		cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$cache"
		log=$cache/log
		(cd "$cache" && npm ci --no-audit --no-fund "$@") </dev/null >"$log" 2>&1 ||
			{ cat "$log" >&2; say "$name is left out: npm could not install it"; return 0; }
		cp "$source/package-lock.json" "$cache/installed"
	fi
	packages=$cache
}

# Chooses the user that builds and runs servers (PostgreSQL refuses root) and
# finds the programs.  Sets "user", "as_user" (a command prefix) and "bindir".
choose_user()
{
	[ -x "$PG_CONFIG" ] || die "no pg_config at $PG_CONFIG"
	bindir=$("$PG_CONFIG" --bindir)
	if [ "$(id -u)" -eq 0 ]; then
		user=postgres
		id -u postgres >/dev/null 2>&1 || die "there is no user \"postgres\" to run the server as"
		as_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
	else
		user=$(id -un)
		as_user=()
	fi
	# A background child of bash ignores SIGINT; servers and tests need it.
	as_user+=(env --default-signal=INT --default-signal=QUIT)
}

# Completes "as_user" with the environment for working in $scratch.
enter_scratch()
{
	as_user+=(HOME="$scratch" TMPDIR="$scratch/tmp" PATH="$bindir:$PATH" LC_ALL=C.UTF-8
		PG_CONFIG="$PG_CONFIG")
	"${as_user[@]}" mkdir -p "$scratch/tmp"
}

# Copies the source tree $1 to the new directory $2, without what builds and
# tests leave behind.  The reader is the invoker and the writer the
# unprivileged user, so neither needs the rights of the other.
copy_source()
{
	"${as_user[@]}" mkdir "$2"
	tar -C "$1" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
		--exclude=./results --exclude=./output_iso --exclude=./tmp_check \
		--exclude=./tmp_check_iso --exclude=./log --exclude=./build \
		--exclude='./debian/postgresql-*' --exclude=./debian/.debhelper --exclude=./debian/tmp . |
		"${as_user[@]}" tar -C "$2" --no-same-owner --no-same-permissions -xf -
}

# Prints the settings with which a server finds the extension under the
# directory $1, where "make install DESTDIR=$1" put it.
destdir_settings()
{
	if [ "$("$PG_CONFIG" --version | tr -dc '0-9. ' | awk '{print int($1)}')" -ge 18 ]; then
		echo "extension_control_path = '$1$("$PG_CONFIG" --sharedir):\$system'"
	else
		echo "extension_destdir = '$1'"
	fi
	echo "dynamic_library_path = '$1$("$PG_CONFIG" --pkglibdir):\$libdir'"
}

# Builds a release of the checkout $1 in $scratch/source and installs it under
# $scratch/root; what follows $1 goes to make.
build_release()
{
	local checkout=$1
	shift

	say "building with $("$PG_CONFIG" --version), as user $user"
	copy_source "$checkout" "$scratch/source"
	if ! { "${as_user[@]}" make -s -C "$scratch/source" -j2 "$@" &&
		"${as_user[@]}" make -s -C "$scratch/source" install DESTDIR="$scratch/root" "$@"; } \
		</dev/null >"$scratch/build.log" 2>&1; then
		cat "$scratch/build.log" >&2
		die "could not build the extension"
	fi
}

# Starts a new server in $scratch/data that finds what build_release() installed
# and listens on a unix socket in $scratch/socket only.  Its input is appended to
# the configuration.
start_server()
{
	say "starting a private server: unix socket only, in $scratch/socket"
	"${as_user[@]}" mkdir -m 700 "$scratch/socket"
	"${as_user[@]}" initdb -D "$scratch/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync </dev/null >/dev/null
	{
		destdir_settings "$scratch/root"
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$scratch/socket'"
		echo "unix_socket_permissions = 0700"
		echo "port = 5432"
		echo "timezone = 'UTC'"
		cat
	} | "${as_user[@]}" tee -a "$scratch/data/postgresql.conf" >/dev/null
	"${as_user[@]}" pg_ctl -D "$scratch/data" -l "$scratch/log" -w -s start </dev/null >/dev/null
}

# Stops every server whose data directory is below $1.  The process is
# believed to be ours only if it works in that directory.
stop_servers()
{
	local file pid data try

	while IFS= read -r -d '' file; do
		data=${file%/postmaster.pid}
		pid=$(head -n 1 "$file" 2>/dev/null || true)
		[ -n "$pid" ] || continue
		[ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$data" ] || continue
		kill -INT "$pid" 2>/dev/null || continue
		for try in $(seq 100); do
			kill -0 "$pid" 2>/dev/null || break
			[ "$try" -ne 50 ] || kill -QUIT "$pid" 2>/dev/null || true
			sleep 0.1
		done
	done < <(find "$1" -name postmaster.pid -print0 2>/dev/null)
}
