package dev.myelin.testing;

import dev.myelin.bindings.peer.LlamaContext;
import dev.myelin.bindings.peer.LlamaContext.Output;
import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.bindings.peer.LlamaModel;
import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The child of {@link OracleProcess}: reads jobs from the standard input, one at a time, writes the
 * rows of each to a file and answers on the standard output. The log of libllama goes to the
 * standard error.
 */
public final class OracleProbe {
  /** Starts each answer: libllama may print too. */
  static final String ANSWER = "oracle-answer ";

  static final String READY = "ready";
  static final String DONE = "done ";
  static final String REFUSED = "refused ";

  private OracleProbe() {}

  public static void main(String[] args) throws IOException, ClassNotFoundException {
    // libllama may hang after the parent has ended
    ProcessHandle.current()
        .parent()
        .ifPresent(p -> p.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
    Path rows = Path.of(args[0]);
    LlamaCpp.logToStandardError();
    answer(READY);
    ObjectInputStream jobs = new ObjectInputStream(System.in);
    while (true) {
      OracleJob job;
      try {
        job = (OracleJob) jobs.readObject();
      } catch (EOFException e) {
        return;
      }
      try {
        answer(DONE + run(job, rows));
      } catch (RuntimeException e) {
        answer(REFUSED + e.toString().replace('\n', ' '));
      }
    }
  }

  private static void answer(String text) {
    System.out.println("\n" + ANSWER + text);
    System.out.flush();
  }

  /** Returns the number of rows that it has written. */
  private static int run(OracleJob job, Path file) throws IOException {
    LayerInputs inputs = new LayerInputs();
    try (Rows rows = new Rows(Files.newOutputStream(file));
        LlamaModel model = LlamaModel.load(Path.of(job.file()), LlamaModel.Options.NO_REPACK);
        LlamaContext context = context(job, model, inputs)) {
      if (job.takesLayerInputs()) {
        compute(job, context, row -> {});
        inputs.rows().values().forEach(layer -> List.of(layer).forEach(rows::write));
      } else {
        compute(job, context, row -> rows.write(row.toArray(ValueLayout.JAVA_FLOAT)));
      }
      return rows.count;
    }
  }

  private static LlamaContext context(OracleJob job, LlamaModel model, LayerInputs inputs) {
    return job.takesLayerInputs()
        ? model.createContext(job.options(), inputs)
        : model.createContext(job.options());
  }

  private static void compute(OracleJob job, LlamaContext context, Consumer<MemorySegment> rows) {
    Output output = job.options().output();
    int[] tokens = job.tokens();
    if (tokens.length == 0) {
      context.encodeAll(job.encoderTokens(), (position, row) -> rows.accept(row));
      return;
    }
    if (job.encoderTokens().length > 0) {
      context.encode(job.encoderTokens());
    }
    if (output.isPooled()) {
      rows.accept(context.pooled(tokens));
      return;
    }
    for (int from = 0; from < tokens.length; from += job.chunk()) {
      int to = Math.min(tokens.length, from + job.chunk());
      context.feedAll(Arrays.copyOfRange(tokens, from, to), (position, row) -> rows.accept(row));
    }
  }

  /** Writes rows of little-endian f32. */
  private static final class Rows implements AutoCloseable {
    private final OutputStream out;
    private int count;

    Rows(OutputStream out) {
      this.out = out;
    }

    void write(float[] values) {
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      try {
        out.write(bytes.array());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      count++;
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
