# btrdb: built with PGXS.
#
#   make                      build against the PostgreSQL of $(PG_CONFIG)
#   make install              install into that PostgreSQL
#   ./check                   build with assertions and run every test on private servers
#
# DEBUG=1 turns on this extension's assertions; WERROR=1 makes warnings errors; COVERAGE=1
# counts the lines that are executed, for gcov.

EXTENSION = btrdb cluster/btrdb_cluster
MODULE_big = btrdb
DATA = $(wildcard btrdb--*.sql cluster/btrdb_cluster--*.sql)
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
ALL_HEADERS = $(wildcard src/*.h src/*/*.h)
PGFILEDESC = "btrdb - versioned time-series trees in PostgreSQL"

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
ISOLATION = $(patsubst specs/%.spec,%,$(sort $(wildcard specs/*.spec)))
REGRESS_OPTS = --load-extension=btrdb
ISOLATION_OPTS = --load-extension=btrdb
TAP_TESTS = 1

PG_CPPFLAGS = -I$(srcdir)/src
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
SHLIB_LINK = -luuid

ifeq ($(DEBUG),1)
PG_CFLAGS += -DUSE_ASSERT_CHECKING -ggdb
PG_CPPFLAGS += -include $(srcdir)/src/debug_places.h
endif
ifeq ($(WERROR),1)
PG_CFLAGS += -Werror
endif
ifeq ($(COVERAGE),1)
PG_CFLAGS += --coverage -O0 -U_FORTIFY_SOURCE
SHLIB_LINK += --coverage
endif

# Flags and attributes in PostgreSQL's headers are those of the compiler that built it.
ifneq ($(findstring clang,$(CC)),)
PG_CFLAGS += -Wno-ignored-optimization-argument -Wno-unknown-warning-option -Wno-ignored-attributes
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS does not follow includes: rebuild all when a header changes.
$(OBJS): $(ALL_HEADERS)

# Whatever the optimisation of the server, not more than -O2 for the codec: gcc 12 at -O3
# has miscompiled loops of this kind.
ifneq ($(filter -O3 -Ofast,$(CFLAGS)),)
$(filter src/codec/%,$(OBJS)): override CFLAGS += -O2
endif

# The codec by itself, without PostgreSQL: tests with sanitizers, measurements, fuzzing.
# BTR_NO_AVX2 makes it what it is on machines without.
CODEC_SOURCES = $(sort $(wildcard $(srcdir)/src/codec/*.c))
CODEC_TEST_SOURCES = $(srcdir)/t/codec/codec_test.c $(srcdir)/t/codec/shapes.c
CODEC_BENCH_SOURCES = $(srcdir)/t/codec/codec_bench.c $(srcdir)/t/codec/shapes.c
CODEC_FLAGS = -g -Wall -Wextra -Werror $(filter -Wno-%,$(PG_CFLAGS)) -I$(srcdir)/src -I$(srcdir)/t/codec
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
CODEC_FUZZ_SECONDS = 60
CLANG_FUZZ = clang

.PHONY: codec-check codec-bench codec-counts codec-fuzz
codec-check:
	mkdir -p build
	$(CC) -O1 $(CODEC_FLAGS) $(SANITIZE) -o build/codec_test $(CODEC_SOURCES) $(CODEC_TEST_SOURCES) -lm
	build/codec_test
	$(CC) -O1 -DBTR_NO_AVX2 $(CODEC_FLAGS) $(SANITIZE) -o build/codec_test $(CODEC_SOURCES) $(CODEC_TEST_SOURCES) -lm
	build/codec_test

codec-bench:
	mkdir -p build
	$(CC) -O2 $(CODEC_FLAGS) -o build/codec_bench $(CODEC_SOURCES) $(CODEC_BENCH_SOURCES) -lm
	build/codec_bench

# Counts instructions instead, with valgrind: with AVX2, if this machine has it, and without.
codec-counts:
	mkdir -p build
	$(CC) -O2 $(CODEC_FLAGS) -o build/codec_bench $(CODEC_SOURCES) $(CODEC_BENCH_SOURCES) -lm
	$(CC) -O2 -DBTR_NO_AVX2 $(CODEC_FLAGS) -o build/codec_bench_plain $(CODEC_SOURCES) $(CODEC_BENCH_SOURCES) -lm
	perl $(srcdir)/t/codec/counts.pl build/codec_bench build/codec_bench_plain

codec-fuzz:
	mkdir -p build/corpus
	$(CLANG_FUZZ) -O1 $(CODEC_FLAGS) $(SANITIZE) -fsanitize=fuzzer -o build/codec_fuzz $(CODEC_SOURCES) $(srcdir)/t/codec/codec_fuzz.c
	build/codec_fuzz -artifact_prefix=build/ -max_total_time=$(CODEC_FUZZ_SECONDS) -max_len=20000 build/corpus $(srcdir)/t/codec/corpus

# The rows that streams share: without a server, but with its headers and its checksums.
.PHONY: mix-fuzz
mix-fuzz:
	mkdir -p build/mix_corpus
	$(CLANG_FUZZ) -O1 $(CODEC_FLAGS) -isystem $(shell $(PG_CONFIG) --includedir-server) $(SANITIZE) \
		-fsanitize=fuzzer -o build/mix_fuzz $(srcdir)/src/stream/mix.c $(srcdir)/t/codec/mix_fuzz.c \
		-L$(shell $(PG_CONFIG) --pkglibdir) -L$(shell $(PG_CONFIG) --libdir) -lpgport
	build/mix_fuzz -artifact_prefix=build/ -max_total_time=$(CODEC_FUZZ_SECONDS) -max_len=2640 build/mix_corpus $(srcdir)/t/codec/mix_corpus

# The statistics by themselves, likewise.
.PHONY: stat-check
stat-check:
	mkdir -p build
	$(CC) -O1 -g -Wall -Wextra -Werror -I$(srcdir)/src $(SANITIZE) -o build/stat_test \
		$(srcdir)/src/types/stat.c $(srcdir)/t/types/stat_test.c -lm
	build/stat_test

# An archive of what is committed, as PGXN and packagers take it.
DIST_VERSION = $(shell sed -nE 's/^\t"version": "(.*)",$$/\1/p' $(srcdir)/META.json)
.PHONY: dist
dist:
	git -C $(srcdir) archive --format zip --prefix btrdb-$(DIST_VERSION)/ -o $(CURDIR)/btrdb-$(DIST_VERSION).zip HEAD

# What bench/ runs beside the server: data, and a client.
.PHONY: bench-tools
bench-tools:
	mkdir -p build
	$(CC) -O2 $(CODEC_FLAGS) -o build/points $(srcdir)/bench/points.c $(srcdir)/t/codec/shapes.c -lm
	$(CC) -O2 $(CODEC_FLAGS) -I$(shell $(PG_CONFIG) --includedir) -o build/client $(srcdir)/bench/client.c \
		-L$(shell $(PG_CONFIG) --libdir) -lpq
