/*
 * client.c
 *		A PostgreSQL session for the benchmark: one persistent connection,
 *		prepared statements, binary parameters and results.
 *
 *	client CONNINFO
 *
 * Reads a command per line and answers each by a line, "ok MICROSECONDS ROWS ..."
 * or "error MESSAGE".  Fields are separated by tabs.
 *
 *	data FILE					the points that copy and insert send, see points.c
 *	exec SQL					runs a statement; answers with its first value, too
 *	prepare NAME SQL
 *	run NAME [PARAMETER]...		parameters as text, results in binary
 *	copy FIRST COUNT STREAMS NUMBER SQL
 *								sends points as the rows (stream, time, value) of
 *								a binary COPY
 *	insert FIRST COUNT BATCH STREAMS NUMBER NAME
 *								runs a prepared statement for each BATCH points,
 *								with arrays $2 of times and $3 of values; answers
 *								with the 50th and 99th percentile in microseconds, too
 *
 * STREAMS 1: all points are of stream NUMBER, and $1 is its uuid.  Otherwise point i
 * is of stream NUMBER + i modulo STREAMS, and $1 is an array of uuids.
 *
 * Measured is the time from the call of libpq to the whole result in memory; to
 * form arrays is not part of it.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libpq-fe.h"

#define INT8OID		20
#define FLOAT8OID	701
#define UUIDOID		2950

#define MAX_FIELDS	16

/* The mapped data file: "count" times, then as many values. */
static int64_t count;
static const int64_t *times;
static const uint64_t *values;

static PGconn *conn;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void *
allocate(size_t size)
{
	void	   *p = malloc(size);

	if (!p)
	{
		fprintf(stderr, "client: out of memory\n");
		exit(1);
	}
	return p;
}

/* Prints a text as the last field of an answer: on one line. */
static void
put_line(const char *text)
{
	for (; *text; text++)
		putchar(*text == '\n' || *text == '\t' ? ' ' : *text);
	putchar('\n');
}

static void
answer_error(const char *message)
{
	printf("error\t");
	put_line(message);
}

/* Writes the 16 bytes of the uuid whose last twelve digits are a number. */
static void
put_uuid(char *to, int64_t number)
{
	unsigned char *p = (unsigned char *) to;

	memset(p, 0, 16);
	p[6] = 0x40;
	p[8] = 0x80;
	for (int i = 15; i >= 10; i--)
	{
		p[i] = (unsigned char) (number % 10 | (number / 10 % 10) << 4);
		number /= 100;
	}
}

static char *
put32(char *to, int32_t v)
{
	uint32_t	big = htonl((uint32_t) v);

	memcpy(to, &big, 4);
	return to + 4;
}

static char *
put64(char *to, uint64_t v)
{
	uint64_t	big = htobe64(v);

	memcpy(to, &big, 8);
	return to + 8;
}

/* Writes the header of an array's binary form. */
static char *
put_array(char *to, Oid type, int n)
{
	to = put32(to, 1);
	to = put32(to, 0);
	to = put32(to, (int32_t) type);
	to = put32(to, n);
	return put32(to, 1);
}

static void
map_data(const char *file)
{
	struct stat st;
	int			fd = open(file, O_RDONLY);
	void	   *p;

	if (fd < 0 || fstat(fd, &st) != 0)
	{
		answer_error("could not open the data file");
		return;
	}
	if (times)
		munmap((void *) times, (size_t) count * 16);
	p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
	{
		times = NULL;
		answer_error("could not map the data file");
		return;
	}
	count = st.st_size / 16;
	times = p;
	values = (const uint64_t *) (times + count);
	printf("ok\t0\t%lld\n", (long long) count);
}

/* Answers for a result, and frees it. */
static void
answer(PGresult *res, double usec)
{
	ExecStatusType status = PQresultStatus(res);

	if (status == PGRES_TUPLES_OK)
	{
		printf("ok\t%.1f\t%d\t", usec, PQntuples(res));
		put_line(PQntuples(res) > 0 && PQfformat(res, 0) == 0 ? PQgetvalue(res, 0, 0) : "");
	}
	else if (status == PGRES_COMMAND_OK)
		printf("ok\t%.1f\t%s\n", usec, *PQcmdTuples(res) ? PQcmdTuples(res) : "0");
	else
		answer_error(PQerrorMessage(conn));
	PQclear(res);
}

static void
run(const char *name, int n, char **parameter)
{
	double		start = now();
	PGresult   *res = PQexecPrepared(conn, name, n, (const char *const *) parameter,
									 NULL, NULL, 1);

	answer(res, now() - start);
}

/* Sends "n" points from "first" on as a binary COPY. */
static void
copy(int64_t first, int64_t n, int streams, int64_t number, const char *sql)
{
	static const char header[19] = "PGCOPY\n\377\r\n\0";
	char		buffer[46 * 1024];
	char	   *p = buffer;
	double		start = now();
	PGresult   *res = PQexec(conn, sql);

	if (PQresultStatus(res) != PGRES_COPY_IN)
	{
		answer(res, 0);
		return;
	}
	PQclear(res);
	PQputCopyData(conn, header, sizeof(header));
	for (int64_t i = first; i < first + n; i++)
	{
		*p++ = 0;
		*p++ = 3;
		p = put32(p, 16);
		put_uuid(p, number + i % streams);
		p = put32(p + 16, 8);
		p = put64(p, (uint64_t) times[i]);
		p = put32(p, 8);
		p = put64(p, values[i]);
		if (p == buffer + sizeof(buffer) || i + 1 == first + n)
		{
			PQputCopyData(conn, buffer, (int) (p - buffer));
			p = buffer;
		}
	}
	PQputCopyData(conn, "\377\377", 2);
	PQputCopyEnd(conn, NULL);
	res = PQgetResult(conn);
	answer(res, now() - start);
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Sends "n" points from "first" on by a prepared statement per batch. */
static void
insert(int64_t first, int64_t n, int batch, int streams, int64_t number,
	   const char *name)
{
	char	   *parameter[3];
	int			length[3];
	static const int format[3] = {1, 1, 1};
	int64_t		calls = n / batch;
	double	   *usec = allocate(sizeof(double) * (size_t) (calls ? calls : 1));
	double		sum = 0;

	parameter[0] = allocate(20 + 20 * (size_t) batch);
	parameter[1] = allocate(20 + 12 * (size_t) batch);
	parameter[2] = allocate(20 + 12 * (size_t) batch);
	for (int64_t c = 0; c < calls; c++)
	{
		char	   *p[3];
		double		start;
		PGresult   *res;

		p[0] = parameter[0];
		if (streams == 1)
		{
			put_uuid(p[0], number);
			p[0] += 16;
		}
		else
			p[0] = put_array(p[0], UUIDOID, batch);
		p[1] = put_array(parameter[1], INT8OID, batch);
		p[2] = put_array(parameter[2], FLOAT8OID, batch);
		for (int64_t i = first + c * batch; i < first + (c + 1) * batch; i++)
		{
			if (streams > 1)
			{
				p[0] = put32(p[0], 16);
				put_uuid(p[0], number + i % streams);
				p[0] += 16;
			}
			p[1] = put64(put32(p[1], 8), (uint64_t) times[i]);
			p[2] = put64(put32(p[2], 8), values[i]);
		}
		for (int i = 0; i < 3; i++)
			length[i] = (int) (p[i] - parameter[i]);

		start = now();
		res = PQexecPrepared(conn, name, 3, (const char *const *) parameter,
							 length, format, 1);
		usec[c] = now() - start;
		sum += usec[c];
		if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK)
		{
			answer(res, 0);
			goto done;
		}
		PQclear(res);
	}
	qsort(usec, (size_t) calls, sizeof(double), compare_doubles);
	printf("ok\t%.1f\t%lld\t%.1f\t%.1f\n", sum, (long long) (calls * batch),
		   calls ? usec[calls / 2] : 0, calls ? usec[calls * 99 / 100] : 0);
done:
	for (int i = 0; i < 3; i++)
		free(parameter[i]);
	free(usec);
}

/* Says whether a range of points is in the data file; answers if it is not. */
static int
have_points(int64_t first, int64_t n)
{
	if (times && first >= 0 && n >= 0 && n <= count - first)
		return 1;
	answer_error("there are not so many points");
	return 0;
}

static void
obey(char *line)
{
	char	   *field[MAX_FIELDS];
	int			n = 0;

	while (n < MAX_FIELDS && (field[n] = strsep(&line, "\t")) != NULL)
		n++;
	if (n == 2 && strcmp(field[0], "data") == 0)
		map_data(field[1]);
	else if (n == 2 && strcmp(field[0], "exec") == 0)
	{
		double		start = now();
		PGresult   *res = PQexec(conn, field[1]);

		answer(res, now() - start);
	}
	else if (n == 3 && strcmp(field[0], "prepare") == 0)
		answer(PQprepare(conn, field[1], field[2], 0, NULL), 0);
	else if (n >= 2 && strcmp(field[0], "run") == 0)
		run(field[1], n - 2, field + 2);
	else if (n == 6 && strcmp(field[0], "copy") == 0)
	{
		if (have_points(atoll(field[1]), atoll(field[2])))
			copy(atoll(field[1]), atoll(field[2]), atoi(field[3]), atoll(field[4]), field[5]);
	}
	else if (n == 7 && strcmp(field[0], "insert") == 0 && atoi(field[3]) > 0)
	{
		if (have_points(atoll(field[1]), atoll(field[2])))
			insert(atoll(field[1]), atoll(field[2]), atoi(field[3]), atoi(field[4]),
				   atoll(field[5]), field[6]);
	}
	else
		answer_error("unknown command");
}

int
main(int argc, char **argv)
{
	char	   *line = NULL;
	size_t		size = 0;
	ssize_t		length;

	if (argc != 2)
	{
		fprintf(stderr, "usage: client CONNINFO\n");
		return 2;
	}
	conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(conn));
		return 1;
	}
	while ((length = getline(&line, &size, stdin)) > 0)
	{
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		obey(line);
		fflush(stdout);
	}
	free(line);
	PQfinish(conn);
	return 0;
}
