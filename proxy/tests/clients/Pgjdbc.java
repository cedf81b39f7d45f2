import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

/** A program with pgjdbc, for the tests: prints what it has seen, one fact a line. */
class Pgjdbc {
    static final String INSERT = "insert into customer (display_name) values (?)";
    static final String UPDATE = "update customer set notes = ? where id = ?";

    static void say(String fact, Object... values) {
        StringBuilder line = new StringBuilder(fact);
        for (Object value : values) line.append('|').append(value);
        System.out.println(line);
    }

    /** The keys that QuickBooks has given, as an ORM asks for them. */
    static String[] insert(Connection client, String name) throws SQLException {
        try (PreparedStatement made = client.prepareStatement(INSERT, new String[] {"id", "sync_token"})) {
            made.setString(1, name);
            made.executeUpdate();
            ResultSet keys = made.getGeneratedKeys();
            keys.next();
            return new String[] {keys.getString(1), keys.getString(2)};
        }
    }

    static String[] refused(Connection client, String text) {
        try (Statement statement = client.createStatement()) {
            statement.execute(text);
            return new String[] {"", "nothing was refused"};
        } catch (SQLException error) {
            return new String[] {error.getSQLState(), error.getMessage()};
        }
    }

    public static void main(String[] url) throws SQLException {
        try (Connection client = DriverManager.getConnection(url[0])) {
            String[] made = insert(client, "pgjdbc");
            say("made", (Object[]) made);
            updates(client, made[0]);
            errors(client);
            client.setAutoCommit(false);
            String[] lost = insert(client, "pgjdbc lost");
            client.rollback();
            say("rolled back", lost[0]);
            try (PreparedStatement gone = client.prepareStatement("delete from customer where id = ?")) {
                gone.setString(1, made[0]);
                say("deleted", gone.executeUpdate());
            }
            client.commit();
        }
    }

    /** From the fifth time on, the driver has the statement prepared under a name; a batch is one implicit transaction. */
    static void updates(Connection client, String id) throws SQLException {
        try (PreparedStatement update = client.prepareStatement(UPDATE)) {
            int count = 0;
            for (int n = 1; n <= 6; n++) {
                update.setString(1, "time " + n);
                update.setString(2, id);
                count += update.executeUpdate();
            }
            for (String note : new String[] {"first", "last"}) {
                update.setString(1, note);
                update.setString(2, id);
                update.addBatch();
            }
            say("updated", count, Arrays.toString(update.executeBatch()));
        }
    }

    static void errors(Connection client) throws SQLException {
        String missing = "update customer set notes = 'x' where id = 'qbk_cust1234567'";
        say("outside", (Object[]) refused(client, missing));
        client.setAutoCommit(false);
        say("inside", (Object[]) refused(client, missing));
        say("after it", refused(client, "select 1")[0]);
        client.rollback();
        client.setAutoCommit(true);
    }
}
