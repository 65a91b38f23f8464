package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.RandomSample;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated models of the samples of all architectures: each is refused with one line that names what
 * is wrong, or computes a few tokens, within limits of time and memory. They run in a child JVM,
 * because a check that is missing may end the process; the next child goes on behind the mutation
 * that did.
 *
 * <p>System properties: {@code fuzz.mutations} of each sample, {@code fuzz.seed}, the first
 * mutation's, {@code fuzz.limit}, the seconds that one may take, and {@code contract}, a regular
 * expression for some architectures only. To repeat a mutation, set its seed, one mutation and its
 * architecture.
 */
class ArchitectureFuzzTest {
  private static final int MUTATIONS = Integer.getInteger("fuzz.mutations", 200);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final int LIMIT_SECONDS = Integer.getInteger("fuzz.limit", 30);
  private static final int MOST_CRASHES = 100;

  @TempDir static Path folder;

  private final List<RandomSample> samples = RandomSample.all();
  private final List<String> found = new ArrayList<>();
  private int refused;
  private int computed;
  private int sample;
  private long seed = SEED;

  @Test
  void mutationsAreRefusedOrComputed() throws IOException, InterruptedException {
    long start = System.nanoTime();
    int crashes = 0;
    while (sample < samples.size() && crashes < MOST_CRASHES && !runChild()) {
      crashes++;
      seed++;
      if (seed >= SEED + MUTATIONS) {
        seed = SEED;
        sample++;
      }
    }
    System.out.println(
        "fuzz: %s mutations of each of %s samples: %s refused, %s computed, %s found; %s s"
            .formatted(
                MUTATIONS,
                samples.size(),
                refused,
                computed,
                found.size(),
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)));
    assertThat(found).isEmpty();
  }

  /** Returns whether the child came to the end. */
  private boolean runChild() throws IOException, InterruptedException {
    Path log = folder.resolve("log.txt");
    ProcessBuilder builder =
        ChildJvm.builder(
            ArchitectureFuzzProbe.class,
            List.of(
                "-Xmx256m",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.txt"),
                "-Dcontract=" + System.getProperty("contract", ".*")),
            SEED,
            MUTATIONS,
            sample,
            seed);
    builder.environment().put("GGML_NO_BACKTRACE", "1");
    builder.redirectError(log.toFile());
    Process child = builder.start();
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread.ofVirtual().start(() -> read(child, lines));
    while (true) {
      String line = lines.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
      if (line == null || line.isEmpty()) {
        child.destroyForcibly().waitFor();
        String problem = line == null ? "exceeds the time limit" : "ends the process";
        String text = Files.readString(log);
        report(problem + ": " + text.substring(Math.max(0, text.length() - 700)));
        return false;
      }
      if (line.startsWith(ArchitectureFuzzProbe.BEGIN)) {
        String[] words = line.split(" ");
        sample = Integer.parseInt(words[1]);
        seed = Long.parseLong(words[2]);
      } else if (line.startsWith(ArchitectureFuzzProbe.FOUND)) {
        report(line.substring(ArchitectureFuzzProbe.FOUND.length()));
      } else if (line.equals(ArchitectureFuzzProbe.END + ArchitectureFuzzProbe.REFUSED)) {
        refused++;
      } else if (line.equals(ArchitectureFuzzProbe.END + ArchitectureFuzzProbe.COMPUTED)) {
        computed++;
      } else if (line.equals(ArchitectureFuzzProbe.DONE)) {
        return true;
      }
    }
  }

  private void report(String problem) {
    String text = samples.get(sample) + ", seed " + seed + ": " + problem;
    System.out.println("fuzz: " + text);
    found.add(text);
  }

  private static void read(Process child, BlockingQueue<String> lines) {
    try (BufferedReader reader = child.inputReader()) {
      String line;
      while ((line = reader.readLine()) != null) {
        if (!line.isEmpty()) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      // the process was ended
    }
    lines.add("");
  }
}
