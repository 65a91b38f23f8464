package dev.myelin.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.generate.TextSink;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of the library, as java.util.logging gets them. */
class LogTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withThreads(1).withContextLength(64);

  @TempDir Path folder;
  private final Logger logger = Logger.getLogger("dev.myelin");
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final Handler handler = new Collector();

  private final class Collector extends Handler {
    Collector() {
      setLevel(Level.ALL);
    }

    @Override
    public void publish(LogRecord message) {
      messages.add(message.getLevel() + " " + message.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void collect() {
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
  }

  @AfterEach
  void restore() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
    logger.setLevel(null);
  }

  private void generate(Path file, SessionOptions options) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, options)) {
      new Generator(session, SamplingOptions.greedy())
          .generate(new int[] {1, 2, 3}, new GenerateOptions(5, List.of(), true), TextSink.NONE);
    }
  }

  @Test
  void debugMessagesTellWhatWasDone() {
    logger.setLevel(Level.FINE);
    Path file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    generate(file, OPTIONS);
    assertThat(messages).allMatch(m -> m.startsWith("FINE "));
    String path = Pattern.quote(file.toString());
    assertThat(messages)
        .anyMatch(
            m -> m.matches("FINE " + path + ": llama, .* MB in \\d+ tensors, .* loaded in .* ms"))
        .anyMatch(
            m ->
                m.matches(
                    "FINE session \\d+ opened on "
                        + path
                        + ": context 64, batch 512, threads 1, f16 cache of .* MB"))
        .anyMatch(
            m ->
                m.matches(
                    "FINE session \\d+: prompt of 3 tokens in .* tokens/s\\), 5 tokens in .*"
                        + " tokens/s\\), length"))
        .anyMatch(m -> m.matches("FINE session \\d+ closed at position 7"));
  }

  @Test
  void nothingByDefault() {
    generate(RandomModel.small("llama").write(folder.resolve("model.gguf")), OPTIONS);
    assertThat(messages).isEmpty();
  }

  @Test
  void warnings() {
    Path file = folder.resolve("model.gguf");
    RandomModel.small("llama").writer().put("general.sampling.mirostat", 2).write(file);
    generate(file, OPTIONS.withContextLength(100_000));
    assertThat(messages)
        .hasSize(2)
        .anyMatch(
            m ->
                m.equals(
                    "WARNING "
                        + file
                        + ": key general.sampling.mirostat = u32 2: not supported, and not used"))
        .anyMatch(m -> m.matches("WARNING session \\d+: context = 100000: the model was .*"));
  }
}
