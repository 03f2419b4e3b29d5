#!/usr/bin/perl
#
# lint.pl
#		Checks the rules about the source that no compiler knows.  Takes the
#		source directory (with btrdb.so, if the exported names are to be checked)
#		and prints TAP.
use strict;
use warnings;
use File::Find;

my $root = shift // '.';
chdir $root or die "could not enter $root: $!\n";

# From left to right: an include may only point left, or stay in its layer.
my @layers = qw(types codec page tree stream gc draw plan am sql);
my %rank = map { $layers[$_] => $_ } 0 .. $#layers;

my $tests = 0;
my $bad = 0;

# Prints one result; every complaint becomes a line under a failure.
sub report
{
	my ($name, @complaints) = @_;
	$tests++;
	if (@complaints)
	{
		$bad++;
		print "not ok $tests - $name\n";
		print "#   $_\n" foreach @complaints;
	}
	else
	{
		print "ok $tests - $name\n";
	}
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "could not read $file: $!\n";
	local $/;
	return scalar <$in>;
}

# Replaces comments and string literals of C by blanks, keeping line numbers.
sub code_only
{
	my ($text) = @_;
	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*")}
			  { my $s = $1; $s =~ s/[^\n]//g; $s }gse;
	return $text;
}

# Returns "file:line: text" for each line of the text that matches.
sub matches
{
	my ($file, $text, $pattern) = @_;
	my @found;
	my $n = 0;
	foreach my $line (split /\n/, $text)
	{
		$n++;
		push @found, "$file:$n: $line" if $line =~ $pattern;
	}
	return @found;
}

my @all;
find({ no_chdir => 1, wanted => sub {
	$File::Find::prune = -d && m{^\./(?:\.git|results|output_iso|tmp_check\w*|log|build)$};
	push @all, s{^\./}{}r if -f;
} }, '.');
@all = sort @all;

my @c = grep { m{^src/.*\.[ch]$} } @all;
my %code;
$code{$_} = code_only(slurp($_)) foreach @c;

# Layers.
my @complaints;
foreach my $file (@c)
{
	my ($layer) = $file =~ m{^src/(\w+)/};
	my $n = 0;
	foreach my $line (split /\n/, slurp($file))
	{
		$n++;
		next unless $line =~ m{^\s*#\s*include\s+"([^"]+)"};
		my ($from) = $1 =~ m{^(\w+)/};
		next unless defined $from && exists $rank{$from} && -e "src/$1";
		if (!defined $layer)
		{
			push @complaints, "$file:$n: a header outside the layers includes $1"
			  if $file =~ /\.h$/;
		}
		elsif (!exists $rank{$layer})
		{
			push @complaints, "$file: unknown layer $layer";
		}
		elsif ($rank{$from} > $rank{$layer})
		{
			push @complaints, "$file:$n: $layer must not include $1";
		}
	}
}
report('an include points left: ' . join(' <- ', @layers), @complaints);

report('types/{point,stat} and codec/ are plain C',
	map { matches($_, slurp($_), qr{^\s*#\s*include\s+"(?!btrdb\.h|types/point\.h|types/stat\.h|codec/)}) }
	grep { m{^src/(?:codec/|types/(?:point|stat)\.)} } @c);

report('only src/page/wal.c writes WAL',
	map { matches($_, $code{$_}, qr/\b(?:GenericXLog|log_newpage|XLogInsert|XLogRegister)/) }
	grep { !m{^src/(?:page/wal.c|debug_places.h)$} } @c);

report('only src/pg_compat.h tests PG_VERSION_NUM',
	map { matches($_, $code{$_}, qr/^\s*#\s*(?:if|elif).*PG_VERSION_NUM/) }
	grep { $_ ne 'src/pg_compat.h' } @c);

# The reference is as long as what it refers to.
report('files are shorter than 800 lines',
	map { my $n = () = slurp($_) =~ /\n/g; $n >= 800 ? "$_: $n lines" : () }
	grep { m{\.(?:[ch]|pl|pm|sh|spec|md|mjs|js|css|html|py|java)$|^(?:sql|demo)/.*\.sql$|^(?:check|quickstart|Makefile|bench/(?:run|counts)|plotter/(?:plotter|measure))$} }
	grep { $_ ne 'doc/reference.md' } @all);

# Every folder of src explains itself.
my %folder = map { m{^(src/\w+)/} ? ($1 => 1) : () } @c;
report('each layer that has code has a README.md',
	map { "$_/README.md is missing" }
	grep { my $d = $_; !-e "$d/README.md" && grep { m{^$d/.*\.c$} } @c } sort keys %folder);

# Tests and their expected output; name_1.out is another accepted result of name.
@complaints = ();
my %test;
foreach my $file (@all)
{
	next unless $file =~ m{^(?:sql|specs)/([^/]+)\.(?:sql|spec)$};
	push @complaints, "$file and $test{$1} would share expected/$1.out" if $test{$1};
	push @complaints, "$file has no expected/$1.out" unless -e "expected/$1.out";
	$test{$1} = $file;
}
foreach my $file (@all)
{
	next unless $file =~ m{^expected/((.+?)(?:_\d)?)\.out$};
	push @complaints, "$file has neither a sql/ nor a specs/ file" unless $test{$1} || $test{$2};
}
report('each test has its expected output and the reverse', @complaints);

# Settings.
my @settings = -e 'src/guc.c'
  ? slurp('src/guc.c') =~ /DefineCustom\w+Variable\("([^"]+)"/g : ();
report('settings are sorted by name',
	map { "$settings[$_] comes after $settings[$_ - 1]" }
	grep { $settings[$_] lt $settings[ $_ - 1 ] } 1 .. $#settings);

# Extension scripts: nobody else's objects are replaced or adopted.
@complaints = ();
foreach my $file (grep { m{^(?:cluster/)?btrdb\w*--.*\.sql$} } @all)
{
	my $text = slurp($file);
	push @complaints, "$file: the first command is not \\echo ... \\quit"
	  unless $text =~ /\A(?:--[^\n]*\n|\/\*.*?\*\/\n|\s*\n)*\\echo [^\n]*\\quit\n/s;
	push @complaints, matches($file, $text, qr/^(?!\s*--).*\b(?:OR\s+REPLACE|IF\s+NOT\s+EXISTS(?!\s*\())\b/i);
	push @complaints, matches($file, $text, qr/^(?!\s*--).*\bSECURITY\s+DEFINER\b/i);
}
report('extension scripts adopt no foreign objects', @complaints);

# Returns what in some SQL is looked up by search_path though it could be somebody else's:
# operators, functions called, tables.  What has only a name of its own, as a type or a
# column, cannot be: pg_catalog comes first, and argument types are not guessed.
sub unqualified
{
	my ($sql) = @_;
	my @found;

	$sql =~ s/'(?:[^']|'')*'/''/g;
	$sql =~ s/OPERATOR\(pg_catalog\.[^()\s]+\)/ , /g;
	$sql =~ s/\@extschema\@/x/g;
	push @found, "operator $1"
	  while $sql =~ m{(?<![-+*/<>=~!@#%^&|`?])([-+*/<>=~!@#%^&|`?]+)(?!\d|\)| FROM)}g;
	while ($sql =~ /(?<![\w.@"])(\w+)\s*\(/g)
	{
		push @found, "function $1()"
		  unless $1 =~ /^(?:AND|AS|BY|CHECK|EXTRACT|FROM|GREATEST|IN|KEY|NOT|OR|RETURN|SELECT|THEN|UNIQUE|USING|VALUES|WHERE|WITH)$/i;
	}
	push @found, "table $1"
	  while $sql =~ /\b(?:FROM|INTO|JOIN|UPDATE)\s+(?!LATERAL\b)(?=\w)(\w+)\b(?!\.)(?!\))/gi;
	return grep { !/^table (?:year|month|retention|LATERAL)$/ } @found;
}

# Expressions, views and function bodies of the extension scripts, and SQL in C: none of it
# means something else because of objects that others have made (CVE-2018-1058, CVE-2022-24128).
@complaints = ();
foreach my $file (grep { m{^btrdb--.*\.sql$} } @all)
{
	my $text = slurp($file);
	$text =~ s/^\s*--[^\n]*$//mg;
	foreach my $command (split /;\s*\n/, $text)
	{
		my @parts;

		if ($command =~ /^\s*CREATE VIEW\b.*?\bAS\b(.*)/s || $command =~ /^\s*((?:SELECT|INSERT|UPDATE|DELETE|DO|CALL)\b.*)/s
			|| $command =~ /^\s*CREATE FUNCTION\b.*\bLANGUAGE sql\b.*?\bRETURN\b(.*)/s)
		{
			push @parts, $1;
		}
		elsif ($command =~ /^\s*(?:CREATE|ALTER) TABLE\b(.*)/s)
		{
			my $columns = $1;
			# what follows the columns are settings
			$columns =~ s/\)\s*(?:USING \w+)?\s*(?:WITH\s*\(.*)?\z//s;
			push @parts, $1
			  while $columns =~ /\b(?:DEFAULT|CHECK|GENERATED ALWAYS AS)\s+((?:[^,()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))+)/g;
		}
		elsif ($command =~ /^\s*CREATE (?:UNIQUE )?INDEX\b.*?(\bWHERE\b.*)/s)
		{
			push @parts, $1;
		}
		elsif ($command =~ /^\s*CREATE FUNCTION\b/ && $command =~ /\b(?:BEGIN|\$\w*\$|LANGUAGE (?!C\b))/)
		{
			push @complaints, "$file: the body of this function is not understood: $command";
		}
		foreach my $part (@parts)
		{
			push @complaints, map { "$file: unqualified $_ in \"" . $part =~ s/\s+/ /gr . '"' } unqualified($part);
		}
	}
}
foreach my $file (@c)
{
	my $text = slurp($file) =~ s{/\*.*?\*/}{}gsr;
	# adjacent literals are one
	$text =~ s/"\s*\n\s*"//g;
	while ($text =~ /"((?:SELECT (?!FOR UPDATE)|INSERT INTO |UPDATE \S+ SET |DELETE FROM |WITH )(?:[^"\\]|\\.)*)"/g)
	{
		my $sql = $1;
		push @complaints, map { "$file: unqualified $_ in \"$sql\"" } unqualified($sql);
	}
}
report('SQL of the extension is not led astray by a search_path', @complaints);

# Trigger functions could be called for tables they do not know; what inspects the store is for those who run it.
@complaints = ();
foreach my $file (grep { m{^btrdb--\d[^-]*\.sql$} } @all)
{
	my $text = slurp($file);
	while ($text =~ /^CREATE FUNCTION ([\w.]+)\(([^()]*)\)\s*(RETURNS (?:trigger|event_trigger)\b)?/mg)
	{
		my ($name, $trigger) = ($1, $3);
		next unless $trigger || $name =~ /^btrdb_(?:check|debug|inspect)/;
		push @complaints, "$file: no REVOKE EXECUTE ON FUNCTION $name(...) FROM PUBLIC"
		  unless $text =~ /^REVOKE EXECUTE ON FUNCTION \Q$name\E\([^()]*\) FROM PUBLIC;/m;
	}
	push @complaints, matches($file, $text, qr/^(?!\s*--).*\bLEAKPROOF\b/i);
}
report('trigger and inspection functions are not for PUBLIC, none is leakproof', @complaints);

# The figures that tests report, and the table of them.
@complaints = ();
my %figure = map { my $file = $_; map { ("$file: $_" => 1) } slurp($file) =~ /^\t*figure\('([^']+)',/mg } grep { m{^t/.*\.pl$} } @all;
my ($table) = slurp('doc/testing.md') =~ /<!-- figures -->(.*)<!-- end of figures -->/s;
my %shown = map { ($_ => 1) } map { m{^\| `(t/[^`]+)` \| (.*?) \|} ? "$1: $2" : () } split /\n/, $table;
push @complaints, map { "doc/testing.md has no row for the figure $_: run ./check --figures" } grep { !$shown{$_} && !/091_sqlsmith/ } sort keys %figure;
push @complaints, map { "doc/testing.md has a row for a figure that no test reports: $_" } grep { !$figure{$_} } sort keys %shown;
report('the table of figures has those that tests report', @complaints);

report('no trailing blanks',
	map { matches($_, slurp($_), qr/[ \t]$/) }
	grep { m{\.(?:[ch]|pl|pm|sh|sql|spec|md|json|control|mjs|js|css|html|py|java)$|^(?:check|quickstart|Makefile|bench/(?:run|counts)|plotter/(?:plotter|measure))$} } @all);

report('no indentation by spaces',
	map { matches($_, slurp($_), qr/^(?: {4,}|\t+ {4,})\S/) } grep { m{\.[ch]$} } @all);

# What the library exports: our prefixes, and what the server looks for.
if (-e 'btrdb.so')
{
	my @names = map { (split)[-1] } grep { / [TDBR] / } `nm -D --defined-only btrdb.so`;
	report('exported names have our prefix',
		grep { !/^(?:Btr|BTR_|btrdb_|pg_finfo_btrdb_|_PG_init$|Pg_magic_func$|_init$|_fini$)/ }
		# the compiler's, for coverage
		grep { !/^(?:__gcov_|mangle_path$)/ } @names);
}

print "1..$tests\n";
exit($bad ? 1 : 0);
