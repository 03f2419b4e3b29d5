/*
 * mix_fuzz.c
 *		libFuzzer entry for rows of btrdb.mixed.
 *
 * The input is taken for a block whose checksum is right.  Whatever is opened is in order: every
 * stream has points, all of them lie in the block, and reading says which are not valid.
 */
#include "postgres.h"

#include <stdlib.h>

#include "port/pg_crc32c.h"

#include "btrdb.h"
#include "stream/mix.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8	   *block = malloc(size + 1);
	pg_crc32c	crc;
	BtrMix		mix;
	int			points = 0;

	REQUIRE(block != NULL);
	memcpy(block, data, size);
	(void) BtrMixOpen(block, size, &mix);
	if (size >= sizeof(crc))
	{
		/* the checksum is what a block begins with */
		INIT_CRC32C(crc);
		COMP_CRC32C(crc, block + sizeof(crc), size - sizeof(crc));
		FIN_CRC32C(crc);
		memcpy(block, &crc, sizeof(crc));
	}
	if (BtrMixOpen(block, size, &mix))
	{
		for (int i = 0; i < mix.nstreams; i++)
		{
			int64		time[BTR_MIX_MAX_POINTS];
			double		value[BTR_MIX_MAX_POINTS];
			pg_uuid_t	stream;
			int			start;
			int			n = BtrMixPoints(&mix, i, &start);

			REQUIRE(n > 0 && start == points && start + n <= mix.n);
			points += n;
			BtrMixStream(&mix, i, &stream);
			REQUIRE(BtrMixFind(&mix, &stream) < mix.nstreams);
			if (BtrMixRead(&mix, start, n, time, value))
				for (int j = 0; j < n; j++)
					REQUIRE(time[j] >= BTR_TIME_MIN && time[j] < BTR_TIME_MAX && value[j] - value[j] == 0);
		}
		REQUIRE(points == mix.n);
	}
	free(block);
	return 0;
}
