# btrdb: built with PGXS.
#
#   make                      build against the PostgreSQL of $(PG_CONFIG)
#   make install              install into that PostgreSQL
#   ./check                   build with assertions and run every test on private servers
#
# DEBUG=1 turns on this extension's assertions; WERROR=1 makes warnings errors.

EXTENSION = btrdb
MODULE_big = btrdb
DATA = $(wildcard btrdb--*.sql)
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
endif
ifeq ($(WERROR),1)
PG_CFLAGS += -Werror
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
