package dev.myelin.model;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.testing.MutatedModel;
import dev.myelin.testing.RandomSample;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The child of {@link ArchitectureFuzzTest}: loads and computes mutated models and says on the
 * standard output what it is about to do, since it may not survive it. Arguments: the first seed,
 * the number of seeds, and where to begin: the index of a sample and its seed.
 */
public final class ArchitectureFuzzProbe {
  static final String BEGIN = "begin ";
  static final String FOUND = "found ";
  static final String END = "end ";
  static final String DONE = "done";
  static final String REFUSED = "refused";
  static final String COMPUTED = "computed";

  private static final int TOKENS = 5;
  private static final int MAX_MESSAGE = 600;
  private static final int MAX_MILLISECONDS = 5000;

  /** Of the process: its heap of 256 MB, as much native memory that waits for it, and libraries. */
  private static final int MAX_MEGABYTES = 1200;

  private static final int TRACE = 8;
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(128).withBatch(16).withThreads(1);

  private final PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out));
  private boolean isComputing;

  private ArchitectureFuzzProbe() {}

  public static void main(String[] args) throws IOException {
    ProcessHandle.current()
        .parent()
        .ifPresent(p -> p.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
    long first = Long.parseLong(args[0]);
    long end = first + Long.parseLong(args[1]);
    int sample = Integer.parseInt(args[2]);
    long seed = Long.parseLong(args[3]);
    ArchitectureFuzzProbe probe = new ArchitectureFuzzProbe();
    List<RandomSample> samples = RandomSample.all();
    for (; sample < samples.size(); sample++) {
      MutatedModel model = new MutatedModel(samples.get(sample));
      model.addKeysOf(samples);
      for (; seed < end; seed++) {
        probe.print(BEGIN + sample + " " + seed);
        probe.check(model.mutate(seed));
      }
      probe.checkMemory();
      seed = first;
    }
    probe.print(DONE);
  }

  /** On Linux, the memory that this process has used so far. */
  private void checkMemory() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        long megabytes = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        if (megabytes > MAX_MEGABYTES) {
          print(FOUND + "one of the mutations takes memory: " + megabytes + " MB");
        }
      }
    }
  }

  private void print(String line) {
    out.print(line + "\n"); // written at once: this process may end in the next moment
  }

  /** Of this process: other ones do not count. */
  private static long cpuMilliseconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis();
  }

  private void check(MutatedModel.Mutation mutation) {
    long start = cpuMilliseconds();
    String problem = null;
    String outcome = REFUSED;
    isComputing = false;
    try {
      run(mutation);
      outcome = COMPUTED;
    } catch (ModelFileException | InvalidRequestException e) {
      problem = problemOf(e.getMessage());
    } catch (RuntimeException | Error e) {
      problem = e + at(e);
    }
    long ms = cpuMilliseconds() - start;
    if (problem == null && ms > MAX_MILLISECONDS) {
      problem = "takes " + ms + " ms of CPU time";
    }
    if (problem != null) {
      print(FOUND + mutation.description() + ": " + problem.replace('\n', ' '));
    }
    print(END + outcome);
  }

  /** What is wrong with how a file is refused; null if nothing is. */
  private @Nullable String problemOf(String message) {
    if (isComputing) {
      return "refused only when it is computed: " + message;
    }
    boolean isOneLine = message.chars().noneMatch(Character::isISOControl);
    return isOneLine && message.length() <= MAX_MESSAGE ? null : "message: " + message;
  }

  /** The model's methods in the trace: where a check is missing. */
  private static String at(Throwable e) {
    StringBuilder text = new StringBuilder();
    int count = 0;
    for (StackTraceElement frame : e.getStackTrace()) {
      if (count < TRACE && frame.getClassName().startsWith("dev.myelin.")) {
        String type = frame.getClassName();
        text.append(" < ")
            .append(type.substring(type.lastIndexOf('.') + 1))
            .append('.')
            .append(frame.getMethodName())
            .append(':')
            .append(frame.getLineNumber());
        count++;
      }
    }
    return text.toString();
  }

  private void run(MutatedModel.Mutation mutation) {
    try (Model model = Model.load(Checkpoint.of("fuzz.gguf", mutation.bytes()));
        Session session = Session.open(model, OPTIONS)) {
      ModelInfo info = model.info();
      int[] tokens = new int[TOKENS];
      for (int i = 0; i < TOKENS; i++) {
        tokens[i] = (i * 7 + 1) % info.vocabulary();
      }
      isComputing = true;
      if (info.hasEncoder()) {
        session.encode(tokens);
      }
      if (info.hasLogits()) {
        session.feed(tokens);
        if (!info.isOnePass()) {
          session.feed(tokens[0]);
          session.truncate(3);
          session.feed(tokens[1]);
        }
      } else {
        session.feedHidden(tokens, (position, row) -> {});
        if (info.hasScores()) {
          session.feedScores(tokens[0]);
        }
      }
      isComputing = false;
    }
  }
}
