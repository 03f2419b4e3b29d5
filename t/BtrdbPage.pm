=pod

=head1 NAME

BtrdbPage - reads and damages the file of btrdb.points

=head1 SYNOPSIS

  my $store = BtrdbPage->open($file);
  my $node = $store->node($block, $item);
  $store->set_node($node, count => 7);
  $store->seal($node);
  $store->save;

=head1 DESCRIPTION

Knows pages and nodes as doc/format.md has them, and nothing of the server.  The
server must be stopped while a file is changed; after a checkpoint, a file may
be read while it runs.  Numbers are little-endian.

=cut

package BtrdbPage;

use strict;
use warnings;

use constant PAGE_SIZE => 8192;
use constant PAGE_HEADER => 24;
use constant SPECIAL => 8160;
use constant NODE_HEADER => 56;
use constant ENTRY => 56;
use constant NODE_MAX => 4064;
use constant LEAF => 1;
use constant INNER => 2;
use constant CHAIN => 3;
use constant ENTRY_LEAF => 0x80;
use constant MAP_BLOCKS => 65024;

# name => [ offset, pack template ]
my %node_fields = (
	stream => [ 0, 'a16' ],
	version => [ 16, 'q<' ],
	start => [ 24, 'q<' ],
	count => [ 32, 'q<' ],
	crc => [ 40, 'V' ],
	length => [ 44, 'v' ],
	nitems => [ 46, 'v' ],
	kind => [ 48, 'C' ],
	slot_pw => [ 49, 'C' ],
	nslots => [ 50, 'C' ],
	trimmed => [ 51, 'C' ],
	format => [ 52, 'V' ],);
my %entry_fields = (
	version => [ 0, 'q<' ],
	count => [ 8, 'q<' ],
	min => [ 16, 'd<' ],
	max => [ 24, 'd<' ],
	mean => [ 32, 'd<' ],
	m2 => [ 40, 'd<' ],
	block_high => [ 48, 'v' ],
	block_low => [ 50, 'v' ],
	item => [ 52, 'v' ],
	first => [ 54, 'C' ],
	nslots => [ 55, 'C' ],);
my %page_fields = (
	lower => [ 12, 'v' ],
	upper => [ 14, 'v' ],
	special => [ 16, 'v' ],
	size_version => [ 18, 'v' ],
	owner => [ 8160, 'Q<' ],
	unsettled => [ 8168, 'Q<' ],
	kind => [ 8184, 'v' ],
	format => [ 8186, 'v' ],
	flags => [ 8188, 'v' ],
	page_id => [ 8190, 'v' ],);
my %meta_fields = (
	magic => [ 24, 'V' ],
	format => [ 28, 'v' ],
	min_reader => [ 30, 'v' ],
	store_id => [ 40, 'q<' ],
	space_timeline => [ 36, 'V' ],
	garbage_done => [ 48, 'Q<' ],);
my %map_fields = (
	crc => [ 24, 'V' ],
	reserved => [ 28, 'V' ],);

# Reads a file as a whole.
sub open
{
	my ($class, $file) = @_;

	CORE::open(my $fh, '<:raw', $file) or die "could not open $file: $!";
	local $/;
	my $bytes = <$fh>;
	close $fh;
	return bless { file => $file, bytes => $bytes }, $class;
}

# Writes the file back.
sub save
{
	my ($self) = @_;

	CORE::open(my $fh, '+<:raw', $self->{file}) or die "could not open $self->{file}: $!";
	print $fh $self->{bytes} or die "could not write $self->{file}: $!";
	truncate($fh, length($self->{bytes})) or die "could not truncate $self->{file}: $!";
	close($fh) or die "could not close $self->{file}: $!";
	return;
}

sub nblocks
{
	my ($self) = @_;

	return length($self->{bytes}) / PAGE_SIZE;
}

sub _get
{
	my ($self, $at, $field) = @_;

	die 'no such field' unless $field;
	return unpack($field->[1], substr($self->{bytes}, $at + $field->[0], 16));
}

sub _set
{
	my ($self, $at, $field, $value) = @_;

	die 'no such field' unless $field;
	my $packed = pack($field->[1], $value);
	substr($self->{bytes}, $at + $field->[0], length($packed)) = $packed;
	return;
}

sub get_page
{
	my ($self, $block, $name) = @_;

	return $self->_get($block * PAGE_SIZE, $page_fields{$name});
}

sub set_page
{
	my ($self, $block, %values) = @_;

	$self->_set($block * PAGE_SIZE, $page_fields{$_}, $values{$_}) foreach keys %values;
	return;
}

sub set_meta
{
	my ($self, %values) = @_;

	$self->_set(0, $meta_fields{$_}, $values{$_}) foreach keys %values;
	return;
}

# The bytes of a page.
sub page
{
	my ($self, $block, $bytes) = @_;

	substr($self->{bytes}, $block * PAGE_SIZE, PAGE_SIZE) = $bytes if defined $bytes;
	return substr($self->{bytes}, $block * PAGE_SIZE, PAGE_SIZE);
}

# Is a block a map page?
sub is_map
{
	my ($self, $block) = @_;

	return $block % MAP_BLOCKS == 1;
}

# Where the byte with a block's mark is, and the mark.
sub _mark_at
{
	my ($self, $block) = @_;
	my $i = ($block - 1) % MAP_BLOCKS;

	return (($block - $i) * PAGE_SIZE + PAGE_HEADER + 8 + int($i / 8), 1 << $i % 8);
}

# Is a page marked?
sub is_marked
{
	my ($self, $block) = @_;
	my ($at, $mark) = $self->_mark_at($block);

	return (ord(substr($self->{bytes}, $at, 1)) & $mark) != 0;
}

# Changes a mark; the map page keeps its checksum.
sub flip_mark
{
	my ($self, $block) = @_;
	my ($at, $mark) = $self->_mark_at($block);

	substr($self->{bytes}, $at, 1) = chr(ord(substr($self->{bytes}, $at, 1)) ^ $mark);
	return;
}

sub set_map
{
	my ($self, $block, %values) = @_;

	$self->_set($block * PAGE_SIZE, $map_fields{$_}, $values{$_}) foreach keys %values;
	return;
}

# Makes the checksum of a map page right.
sub seal_map
{
	my ($self, $block) = @_;

	$self->set_map($block, crc => crc32c(substr($self->{bytes}, $block * PAGE_SIZE + PAGE_HEADER + 4,
				SPECIAL - PAGE_HEADER - 4)));
	return;
}

# Number of line pointers of a page; 0 for a map page and for one that is all zeros.
sub nitems
{
	my ($self, $block) = @_;

	return 0 if $self->is_map($block);
	my $lower = $self->get_page($block, 'lower');

	return $lower > PAGE_HEADER ? ($lower - PAGE_HEADER) / 4 : 0;
}

# Line pointer: (offset, flags, length).
sub line_pointer
{
	my ($self, $block, $item, @new) = @_;
	my $field = [ PAGE_HEADER + 4 * ($item - 1), 'V' ];

	$self->_set($block * PAGE_SIZE, $field, $new[0] | $new[1] << 15 | $new[2] << 17) if @new;
	my $word = $self->_get($block * PAGE_SIZE, $field);
	return ($word & 0x7fff, $word >> 15 & 3, $word >> 17);
}

# A node: its place and its header.  Returns undef if the item is not in use.
sub node
{
	my ($self, $block, $item) = @_;
	my ($offset, $flags, $length) = $self->line_pointer($block, $item);

	return undef unless $flags == 1;
	my %node = (block => $block, item => $item, at => $block * PAGE_SIZE + $offset, bytes => $length);
	$node{$_} = $self->_get($node{at}, $node_fields{$_}) foreach keys %node_fields;
	return \%node;
}

# All nodes of the file, or those of one stream (16 bytes).
sub nodes
{
	my ($self, $stream) = @_;
	my @nodes;

	foreach my $block (1 .. $self->nblocks - 1)
	{
		foreach my $item (1 .. $self->nitems($block))
		{
			my $node = $self->node($block, $item);
			push @nodes, $node
			  if $node && (!defined $stream || $node->{stream} eq $stream);
		}
	}
	return @nodes;
}

# The entries of an inner or chain node; block is the child's block.
sub entries
{
	my ($self, $node) = @_;
	my @entries;

	return () if $node->{kind} == LEAF;
	foreach my $i (0 .. $node->{nitems} - 1)
	{
		my $at = $node->{at} + NODE_HEADER + $i * ENTRY;
		my %entry = map { $_ => $self->_get($at, $entry_fields{$_}) } keys %entry_fields;
		$entry{block} = $entry{block_high} << 16 | $entry{block_low};
		$entry{is_leaf} = $entry{first} & ENTRY_LEAF ? 1 : 0;
		push @entries, \%entry;
	}
	return @entries;
}

# The node that an entry points to.
sub child
{
	my ($self, $entry) = @_;

	return $self->node($entry->{block}, $entry->{item});
}

sub set_node
{
	my ($self, $node, %values) = @_;

	foreach my $name (keys %values)
	{
		$self->_set($node->{at}, $node_fields{$name}, $values{$name});
		$node->{$name} = $values{$name};
	}
	return;
}

sub set_entry
{
	my ($self, $node, $i, %values) = @_;

	if (defined(my $block = delete $values{block}))
	{
		$values{block_high} = $block >> 16;
		$values{block_low} = $block & 0xffff;
	}
	$self->_set($node->{at} + NODE_HEADER + $i * ENTRY, $entry_fields{$_}, $values{$_})
	  foreach keys %values;
	return;
}

# The bytes of entry i, and of the payload as a whole.
sub entry_bytes
{
	my ($self, $node, $i, $bytes) = @_;
	my $at = $node->{at} + NODE_HEADER + $i * ENTRY;

	substr($self->{bytes}, $at, ENTRY) = $bytes if defined $bytes;
	return substr($self->{bytes}, $at, ENTRY);
}

sub payload
{
	my ($self, $node, $bytes) = @_;
	my $length = $node->{bytes} - NODE_HEADER;

	if (defined $bytes)
	{
		die 'payload has another length' unless length($bytes) == $length;
		substr($self->{bytes}, $node->{at} + NODE_HEADER, $length) = $bytes;
	}
	return substr($self->{bytes}, $node->{at} + NODE_HEADER, $length);
}

# Changes byte $i of a node.
sub flip
{
	my ($self, $node, $i, $mask) = @_;

	substr($self->{bytes}, $node->{at} + $i, 1) =
	  chr(ord(substr($self->{bytes}, $node->{at} + $i, 1)) ^ $mask);
	return;
}

my @crc_table;

# CRC-32C (Castagnoli) of a string.
sub crc32c
{
	my ($bytes) = @_;
	my $crc = 0xffffffff;

	unless (@crc_table)
	{
		foreach my $i (0 .. 255)
		{
			my $c = $i;
			$c = $c & 1 ? $c >> 1 ^ 0x82f63b78 : $c >> 1 foreach 1 .. 8;
			push @crc_table, $c;
		}
	}
	$crc = $crc >> 8 ^ $crc_table[ ($crc ^ $_) & 0xff ] foreach unpack('C*', $bytes);
	return $crc ^ 0xffffffff;
}

# Makes a node's checksum right.
sub seal
{
	my ($self, $node) = @_;
	my $header = substr($self->{bytes}, $node->{at}, NODE_HEADER);
	my $payload = substr($self->{bytes}, $node->{at} + NODE_HEADER, $node->{bytes} - NODE_HEADER);
	my $stripe = int(length($payload) / 24) * 8;

	substr($header, $node_fields{crc}[0], 4) = '';
	$self->set_node($node,
		crc => crc32c($header . pack('V*', map { crc32c($_) } unpack("a$stripe a$stripe a*", $payload))));
	return;
}

# Height of the tree below a node: 1 for a leaf.
sub height
{
	my ($self, $node) = @_;
	my $below = 0;

	foreach my $entry ($self->entries($node))
	{
		my $height = $entry->{is_leaf} ? 1 : $self->height($self->child($entry));
		$below = $height if $height > $below;
	}
	return $below + 1;
}

# All nodes reachable from a node, without repeating any.
sub reachable
{
	my ($self, $node) = @_;
	my @found = ($node);
	my $last = '';

	foreach my $entry ($self->entries($node))
	{
		my $tid = "$entry->{block},$entry->{item}";
		next if $tid eq $last;
		$last = $tid;
		push @found, $self->reachable($self->child($entry));
	}
	return @found;
}

1;
