import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/**
 * Runs connectors beside and after one another in one JVM, since the start of a JVM costs more than a whole case. A record
 * is delivered by the oracle's own code (its classes must be on the class path), so that there is one judge.
 *
 * Commands come as JSON lines on standard input: {"start": ID, "config": FILE, "out": FILE, "offsets": FILE or null} and
 * {"stop": ID}. Events go out likewise: {"run": ID, "event": "started" | "marker" | "failed" | "ended", "text": …}. A
 * marker is a logical message whose prefix begins with "sluice-"; it is told once its record is delivered.
 */
public final class Connectors {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Run> RUNS = new ConcurrentHashMap<>();
    private static PrintStream events;

    public static void main(String[] arguments) throws Exception {
        events = System.out;
        // What libraries print must not come between the events.
        System.setOut(System.err);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            JsonNode command = JSON.readTree(line);
            if (command.has("start")) {
                Run run = new Run(command);
                RUNS.put(run.id, run);
                new Thread(run, "run-" + run.id).start();
            }
            else {
                RUNS.get(command.get("stop").asText()).stopRequested = true;
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static synchronized void tell(String run, String event, String text) {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("run", run);
        line.put("event", event);
        line.put("text", text);
        try {
            events.println(JSON.writeValueAsString(line));
        }
        catch (Exception e) {
            throw new IllegalStateException(e);
        }
        events.flush();
    }

    private static final class Run implements Runnable {
        private final String id;
        private final String config;
        private final String out;
        private final Path offsetsFile;
        private volatile boolean stopRequested;

        Run(JsonNode command) {
            id = command.get("start").asText();
            config = command.get("config").asText();
            out = command.get("out").asText();
            offsetsFile = command.hasNonNull("offsets") ? Path.of(command.get("offsets").asText()) : null;
        }

        @Override
        public void run() {
            try {
                connect();
            }
            catch (Throwable t) {
                Throwable cause = t instanceof InvocationTargetException ? t.getCause() : t;
                tell(id, "failed", text(cause));
            }
            RUNS.remove(id);
            tell(id, "ended", null);
        }

        private void connect() throws Exception {
            Map<String, String> properties = ConnectorFile.load(Path.of(config), Map.of());
            Plugins plugins = new Plugins(properties);
            Offsets offsets = new Offsets(offsetsFile);
            Connector connector = Plugins.newInstance(properties.get("connector.class"), Connector.class);
            connector.start(new HashMap<>(properties));
            List<Map<String, String>> taskConfigs = connector.taskConfigs(1);
            SourceTask task = (SourceTask) connector.taskClass().getDeclaredConstructor().newInstance();
            task.initialize(Harness.context(taskConfigs.get(0), offsets));
            try (Sink sink = Sink.open(new Oracle.Options(new String[]{ "--config", config, "--out", out }))) {
                task.start(taskConfigs.get(0));
                tell(id, "started", null);
                Oracle.Stats stats = new Oracle.Stats();
                while (!stopRequested) {
                    List<SourceRecord> batch = task.poll();
                    if (batch == null) {
                        continue;
                    }
                    for (SourceRecord record : batch) {
                        Harness.deliver(plugins, offsets, task, sink, stats, record);
                        String marker = marker(record);
                        if (marker != null) {
                            tell(id, "marker", marker);
                        }
                    }
                }
                sink.flush();
                offsets.save();
                task.commit();
            }
            finally {
                task.stop();
                connector.stop();
            }
        }

        private static String marker(SourceRecord record) {
            if (record.key() instanceof Struct key && key.schema().field("prefix") != null
                    && key.get("prefix") instanceof String prefix && prefix.startsWith("sluice-")) {
                return prefix;
            }
            return null;
        }

        /** The messages of an error and its causes. */
        private static String text(Throwable error) {
            StringBuilder text = new StringBuilder();
            for (Throwable t = error; t != null; t = t.getCause()) {
                text.append(text.isEmpty() ? "" : "; ").append(t);
            }
            return text.toString();
        }
    }

    /** The private parts of the oracle's harness that deliver a record as Kafka Connect's worker does. */
    private static final class Harness {
        private static final Method DELIVER = find("deliver");
        private static final Constructor<?> CONTEXT = context();

        static org.apache.kafka.connect.source.SourceTaskContext context(Map<String, String> config, Offsets offsets) throws Exception {
            return (org.apache.kafka.connect.source.SourceTaskContext) CONTEXT.newInstance(config, offsets);
        }

        static void deliver(Plugins plugins, Offsets offsets, SourceTask task, Sink sink, Oracle.Stats stats, SourceRecord record)
                throws Exception {
            DELIVER.invoke(null, plugins, offsets, task, sink, stats, record);
        }

        private static Method find(String name) {
            for (Method method : Oracle.class.getDeclaredMethods()) {
                if (method.getName().equals(name)) {
                    method.setAccessible(true);
                    return method;
                }
            }
            throw new IllegalStateException("the oracle's harness has no " + name);
        }

        private static Constructor<?> context() {
            for (Class<?> nested : Oracle.class.getDeclaredClasses()) {
                if (nested.getSimpleName().equals("TaskContext")) {
                    Constructor<?> constructor = nested.getDeclaredConstructors()[0];
                    constructor.setAccessible(true);
                    return constructor;
                }
            }
            throw new IllegalStateException("the oracle's harness has no TaskContext");
        }
    }
}
