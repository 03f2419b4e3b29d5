// Jdbc.java
//		Calls btrdb with JDBC, which gives timestamps no type and everything else one, and
//		prints a line for each call: its name, the number of rows and the first one.
//
//	java -cp postgresql.jar Jdbc.java URL STREAM TARGET
//
// STREAM is read, TARGET written.
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatterBuilder;
import java.util.UUID;

public class Jdbc
{
	static final String VALUES = "SELECT time, value FROM btrdb_values(?, ?, ?)";
	static final String WINDOWS = "SELECT time, count FROM btrdb_windows(?, ?, ?, ?)";
	static final String INSERT = "SELECT btrdb_insert(?, ?, ?)";

	static Connection connection;

	/** A parameter that is NULL. */
	static final Object NULL = new Object();

	static String show(Object value)
	{
		if (value instanceof Timestamp)
			return new DateTimeFormatterBuilder().appendInstant(3).toFormatter()
				.format(((Timestamp) value).toInstant());
		String string = String.valueOf(value);
		return value instanceof Double && string.endsWith(".0") ? string.substring(0, string.length() - 2) : string;
	}

	static PreparedStatement prepare(String query, Object... parameters) throws SQLException
	{
		PreparedStatement statement = connection.prepareStatement(query);

		for (int i = 0; i < parameters.length; i++)
		{
			if (parameters[i] == NULL)
				statement.setNull(i + 1, Types.TIMESTAMP_WITH_TIMEZONE);
			else if (parameters[i] instanceof Timestamp)
				statement.setTimestamp(i + 1, (Timestamp) parameters[i]);
			else if (parameters[i] instanceof Array)
				statement.setArray(i + 1, (Array) parameters[i]);
			else
				statement.setObject(i + 1, parameters[i]);
		}
		return statement;
	}

	static void call(String name, String query, Object... parameters) throws SQLException
	{
		try (PreparedStatement statement = prepare(query, parameters); ResultSet rows = statement.executeQuery())
		{
			int columns = rows.getMetaData().getColumnCount();
			StringBuilder first = new StringBuilder();
			int n = 0;

			while (rows.next())
			{
				for (int i = 1; n == 0 && i <= columns; i++)
					first.append(i > 1 ? "," : "").append(show(rows.getObject(i)));
				n++;
			}
			System.out.println(name + "|" + n + "|" + first);
		}
	}

	static void insert(String query, Object... parameters) throws SQLException
	{
		try (PreparedStatement statement = prepare(query, parameters))
		{
			statement.executeQuery();
		}
	}

	static Timestamp timestamp(String time)
	{
		return Timestamp.from(Instant.parse(time));
	}

	public static void main(String[] arguments) throws SQLException
	{
		UUID stream = UUID.fromString(arguments[1]);
		UUID target = UUID.fromString(arguments[2]);
		String start = "2024-01-01T00:00:10Z";
		String end = "2024-01-01T00:00:30Z";
		OffsetDateTime startTime = OffsetDateTime.parse(start);
		OffsetDateTime endTime = OffsetDateTime.parse(end);
		long startNs = 1704067210000000000L;
		long endNs = 1704067230000000000L;

		connection = DriverManager.getConnection(arguments[0]);

		call("values: text", VALUES, stream, start, end);
		call("values: timestamps", VALUES, stream, startTime, endTime);
		call("values: timestamps", VALUES, stream, timestamp(start), timestamp(end));
		call("values: timestamps", VALUES, stream, startTime, timestamp(end));
		call("values: numbers", VALUES, stream, startNs, endNs);
		call("values: nine digits", VALUES, stream, "2024-01-01T00:00:09.000000001Z", "2024-01-01T00:00:10.000000001Z");
		call("values: version", "SELECT time, value FROM btrdb_values(?, ?, ?, ?)", stream, startTime, endTime, 11);
		call("values: named version", "SELECT time, value FROM btrdb_values(?, ?, ?, version => ?)", stream, start, end, 11L);
		call("values: null", VALUES, stream, NULL, endTime);
		call("values: infinity", VALUES, stream, "-infinity", "infinity");
		for (int i = 0; i < 8; i++)
			call("values: prepared", VALUES, stream, startTime, endTime);

		call("windows: text", WINDOWS, stream, start, end, "5s");
		call("windows: timestamps", WINDOWS, stream, startTime, endTime, "5 s");
		call("windows: timestamps", WINDOWS, stream, timestamp(start), timestamp(end), "5000 ms");
		call("windows: width in ns", WINDOWS, stream, startTime, endTime, 5000000000L);
		call("windows: numbers", WINDOWS, stream, startNs, endNs, 5000000000L);
		call("windows: numbers", WINDOWS, stream, startNs, endNs, "5s");
		call("aligned", "SELECT time, count FROM btrdb_aligned_windows(?, ?, ?, ?)", stream, startTime, endTime, 33);
		call("count", "SELECT btrdb_count(?, ?, ?)", stream, startTime, endTime);
		call("count: all", "SELECT btrdb_count(?)", stream);
		call("stat", "SELECT btrdb_max(btrdb_stat(?, ?, ?))", stream, start, end);
		call("nearest", "SELECT time, value FROM btrdb_nearest(?, ?)", stream, startTime);
		call("nearest: backward", "SELECT time, value FROM btrdb_nearest(?, ?, ?)", stream, timestamp(start), true);

		insert(INSERT, target, timestamp("2024-02-01T00:00:00Z"), 0.0);
		insert(INSERT, target, "2024-02-01T00:00:01Z", 1);
		insert(INSERT, target, 1706745602000000000L, 2.0);
		insert("SELECT btrdb_insert(?, ?, ?, merge => ?)", target, "2024-02-01 00:00:03.000000001+00", 3.5, "never");
		insert(INSERT, target,
			connection.createArrayOf("timestamptz", new Object[] {timestamp("2024-02-01T00:00:04Z"), timestamp("2024-02-01T00:00:05Z")}),
			connection.createArrayOf("float8", new Object[] {4.0, 5.0}));
		insert(INSERT, target,
			connection.createArrayOf("text", new Object[] {"1706745606000000000", "2024-02-01 00:00:07.000000007Z"}),
			connection.createArrayOf("float8", new Object[] {6.0, 7.5}));
		insert(INSERT, target,
			connection.createArrayOf("int8", new Object[] {1706745608000000000L}), connection.createArrayOf("float8", new Object[] {8.0}));
		insert("SELECT btrdb_insert(?, ?::rawpoint[])", target, "{\"(1706745609000000000,9)\"}");
		insert(INSERT, target, OffsetDateTime.parse("2024-03-01T00:00:00Z"), -1.0);
		call("delete", "SELECT btrdb_delete(?, ?, ?) > 10", target, OffsetDateTime.parse("2024-03-01T00:00:00Z"), timestamp("2024-03-01T00:00:01Z"));
		connection.close();
	}
}
