# psycopg2_calls.py
#		Calls btrdb with psycopg2, which writes parameters into the query as literals, and
#		prints a line for each call: its name, the number of rows and the first one.
#
#	psycopg2_calls.py STREAM TARGET
#
# STREAM is read, TARGET written.  The server is that of the usual environment variables.
import sys
import uuid
from datetime import datetime, timedelta, timezone

import psycopg2
import psycopg2.extras

stream, target = sys.argv[1:]
connection = psycopg2.connect("")
connection.autocommit = True
cursor = connection.cursor()
psycopg2.extras.register_uuid()

VALUES = "SELECT time, value FROM btrdb_values(%s, %s, %s)"
WINDOWS = "SELECT time, count FROM btrdb_windows(%s, %s, %s, %s)"
INSERT = "SELECT btrdb_insert(%s, %s, %s)"
start = "2024-01-01T00:00:10Z"
end = "2024-01-01T00:00:30Z"
start_time = datetime(2024, 1, 1, 0, 0, 10, tzinfo=timezone.utc)
end_time = datetime(2024, 1, 1, 0, 0, 30, tzinfo=timezone.utc)
# without a time zone: that of the session, Asia/Kathmandu
local_time = datetime(2024, 1, 1, 5, 45, 10)
start_ns = 1704067210000000000
end_ns = 1704067230000000000


def february(second):
	return datetime(2024, 2, 1, 0, 0, second, tzinfo=timezone.utc)


def show(value):
	if isinstance(value, datetime):
		return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (value.microsecond // 1000)
	if isinstance(value, bool):
		return str(value).lower()
	return "%g" % value if isinstance(value, float) else str(value)


def call(name, query, *parameters):
	cursor.execute(query, parameters)
	rows = cursor.fetchall()
	print("%s|%d|%s" % (name, len(rows), ",".join(map(show, rows[0])) if rows else ""))


def insert(query, *parameters):
	cursor.execute(query, parameters)


call("values: text", VALUES, stream, start, end)
call("values: timestamps", VALUES, uuid.UUID(stream), start_time, end_time)
call("values: timestamps", VALUES, stream, local_time, end)
call("values: numbers", VALUES, stream, start_ns, end_ns)
call("values: numbers", VALUES, stream, start_ns, str(end_ns))
call("values: nine digits", VALUES, stream, "2024-01-01T00:00:09.000000001Z", "2024-01-01T00:00:10.000000001Z")
call("values: version", VALUES[:-1] + ", %s)", stream, start_time, end_time, 11)
call("values: named version", VALUES[:-1] + ", version => %s)", stream, start_time, end_time, 11)
call("values: null", VALUES, stream, None, end)
call("values: infinity", VALUES, stream, "-infinity", "infinity")

call("windows: text", WINDOWS, stream, start, end, "5s")
call("windows: timestamps", WINDOWS, stream, start_time, end_time, timedelta(seconds=5))
call("windows: timestamps", WINDOWS, stream, start, end, timedelta(seconds=5))
call("windows: timestamps", WINDOWS, stream, start_time, end, "5000 ms")
call("windows: width in ns", WINDOWS, stream, start_time, end_time, 5000000000)
call("windows: numbers", WINDOWS, stream, start_ns, end_ns, 5000000000)
call("windows: numbers", WINDOWS, stream, start_ns, end_ns, timedelta(seconds=5))
call("windows: numbers", WINDOWS, stream, start_ns, end_ns, "5s")
call("aligned", "SELECT time, count FROM btrdb_aligned_windows(%s, %s, %s, %s)", stream, start_time, end, 33)
call("count", "SELECT btrdb_count(%s, %s, %s)", stream, start_time, end_time)
call("count: all", "SELECT btrdb_count(%s)", stream)
call("stat", "SELECT btrdb_max(btrdb_stat(%s, %s, %s))", stream, start, end)
call("nearest", "SELECT time, value FROM btrdb_nearest(%s, %s)", stream, start_time)
call("nearest: backward", "SELECT time, value FROM btrdb_nearest(%s, %s, %s)", stream, start, True)

insert(INSERT, target, february(0), 0)
insert(INSERT, target, "2024-02-01T00:00:01Z", 1)
insert(INSERT, target, 1706745602000000000, 2.0)
insert(INSERT[:-1] + ", merge => %s)", target, "2024-02-01 00:00:03.000000001+00", 3.5, "never")
insert(INSERT, target, [february(4), february(5)], [4, 5])
insert(INSERT, target, ["1706745606000000000", "2024-02-01 00:00:07.000000007Z"], [6.0, 7.5])
insert(INSERT, target, [1706745608000000000], [8])
insert("SELECT btrdb_insert(%s, %s::rawpoint[])", target, ["(1706745609000000000,9)"])
insert(INSERT, target, datetime(2024, 3, 1, tzinfo=timezone.utc), -1)
call("delete", "SELECT btrdb_delete(%s, %s, %s) > 10", target, datetime(2024, 3, 1, tzinfo=timezone.utc), "2024-03-01T00:00:01Z")
