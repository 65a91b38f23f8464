package dev.myelin.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.file.OutputFile;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes read, write and delete the files of one folder; one of them is killed. */
@Timeout(120)
class PromptCacheProcessesTest {
  private static final int LENGTH = 200;
  private static final int PROMPTS = 4;
  private static final int PAGES = 4;
  private static final SessionOptions ONE =
      SessionOptions.defaults().withContextLength(256).withThreads(1);
  private static final List<String> JVM =
      List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx64m");

  @TempDir Path folder;

  @Test
  void oneFolder() throws Exception {
    Path file = folder.resolve("m.gguf");
    new RandomSample("llama", ModelDescription.samples("llama").getFirst()).write(file);
    Path cache = folder.resolve("cache");
    long page = pageBytes(file);
    long limit = 6 * page; // one and a half prompts
    Process killed = start(file, cache, limit, "killed");
    List<Process> others = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      others.add(start(file, cache, limit, Integer.toString(i)));
    }
    BufferedReader output = killed.inputReader(StandardCharsets.UTF_8);
    Path unfinished = Path.of(lastLine(output));
    Thread.sleep(1100); // files that are newer than a second stay
    PromptCache.open(cache, limit);
    assertThat(unfinished).as("is being written").exists();
    killed.destroyForcibly().waitFor();
    for (Process other : others) {
      assertThat(lastLine(other.inputReader(StandardCharsets.UTF_8))).isEqualTo("same logits");
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(other.exitValue()).isZero();
    }
    PromptCache.open(cache, limit);
    List<Path> files = files(cache);
    assertThat(files).isNotEmpty().noneMatch(f -> f.toString().endsWith(".part"));
    long sum = 0;
    for (Path f : files) {
      sum += Files.size(f);
    }
    assertThat(sum).isLessThanOrEqualTo(limit + PAGES * page);
    try (Model model = Model.load(file)) {
      requireSameLogits(model, PromptCache.open(cache, limit), 0, 1);
    }
  }

  private Process start(Path file, Path cache, long limit, String name) throws IOException {
    return ChildJvm.builder(Child.class, JVM, file, cache, limit, name)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** What a child prints; fails with all its output if it prints nothing. */
  private static String lastLine(BufferedReader output) throws IOException {
    String line = output.readLine();
    assertThat(line).as("the line that a child prints").isNotNull();
    return line;
  }

  private long pageBytes(Path file) throws IOException {
    Path other = folder.resolve("page");
    try (Model model = Model.load(file);
        Session session = Session.open(model, ONE)) {
      session.usePromptCache(PromptCache.open(other, 1 << 30));
      session.feed(new int[70]);
    }
    return Files.size(files(other).getFirst());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  private static void requireSameLogits(Model model, PromptCache cache, int first, int rounds) {
    float[][] expected = new float[PROMPTS][];
    try (Session session = Session.open(model, ONE)) {
      for (int i = 0; i < PROMPTS; i++) {
        session.truncate(0);
        expected[i] = logits(session, i);
      }
    }
    try (Session session = Session.open(model, ONE)) {
      session.usePromptCache(cache);
      for (int round = 0; round < rounds * PROMPTS; round++) {
        int i = (first + round) % PROMPTS;
        session.truncate(0);
        assertThat(Arrays.equals(logits(session, i), expected[i])).as("prompt %s", i).isTrue();
      }
    }
  }

  private static float[] logits(Session session, int prompt) {
    int[] tokens = Logits.randomTokens(LENGTH, session.model().info().vocabulary(), 40 + prompt);
    return session.feed(tokens).toArray(ValueLayout.JAVA_FLOAT);
  }

  /** Arguments: model, folder, its limit, and {@code killed} or a number. */
  static final class Child {
    private static final int ROUNDS = 4;

    private Child() {}

    public static void main(String[] args) throws Exception {
      Path folder = Path.of(args[1]);
      PromptCache cache = PromptCache.open(folder, Long.parseLong(args[2]));
      boolean isKilled = args[3].equals("killed");
      try (Model model = Model.load(Path.of(args[0]))) {
        requireSameLogits(
            model, cache, isKilled ? 0 : Integer.parseInt(args[3]), isKilled ? 2 : ROUNDS);
      }
      if (!isKilled) {
        System.out.println("same logits");
        return;
      }
      try (OutputFile out = OutputFile.ownerOnly(folder.resolve("0".repeat(40) + "-0"), 1000)) {
        out.lock();
        out.write(ByteBuffer.allocate(500), 0);
        System.out.println(unfinished(folder));
        Thread.sleep(Long.MAX_VALUE);
      }
    }

    private static Path unfinished(Path folder) throws IOException {
      for (Path file : files(folder)) {
        if (file.getFileName().toString().startsWith("0".repeat(40))) {
          return file;
        }
      }
      throw new AssertionError("the file is missing");
    }
  }
}
