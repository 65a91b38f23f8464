package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers have ASCII digits in any locale. */
class LocaleTest {
  /** Its digits are not ASCII and its decimal separator is not a point. */
  private static final Locale ARABIC = Locale.of("ar", "EG");

  private static final Pattern OTHER_DIGITS = Pattern.compile("[\\p{Nd}&&[^0-9]]");

  /** Conversions of {@code java.util.Formatter} that depend on the locale. */
  private static final Pattern NUMBER =
      Pattern.compile("%(\\d+\\$)?[-+ 0,(#]*\\d*(\\.\\d+)?[dfegEG]");

  private static final Pattern FORMATS =
      Pattern.compile("\\.formatted\\(|String\\s*\\.format\\(|printf\\(");

  private static final Pattern STRING_CASE = Pattern.compile("\\.to(Upper|Lower)Case\\(\\)");

  @TempDir static Path folder;
  static Path model;

  private final Locale before = Locale.getDefault();

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.txt"), "once upon a time there was a cat. ".repeat(40));
    Files.writeString(folder.resolve("lines.tsv"), "a\tonce upon\nb\ta time\n");
  }

  @BeforeEach
  void arabic() {
    Locale.setDefault(ARABIC);
    assertThat("%d".formatted(1)).matches(OTHER_DIGITS);
  }

  @AfterEach
  void back() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -p once -n 3",
        "chat -m M -n 3",
        "bench -m M -p 4 -n 2 -r 2",
        "bench -m M -p 4 -n 2 -r 2 -o json",
        "perplexity -m M -f D/text.txt -c 32 --per-chunk",
        "perplexity -m M -f D/text.txt -c 32 --kl-base M",
        "perplexity -m M -f D/text.txt -c 99999",
        "score -m M -p once --labels a,b",
        "score -m M -f D/lines.tsv --labels a,b",
        "tokenize -m M --ids",
        "logits -m M --tokens 1,2 -o D/logits",
        "logits -m M --tokens 999999 -o D/logits",
        "inspect M",
        "inspect M --tensors --metadata",
        "inspect M --histogram output",
        "inspect M --html D/page.html",
        "plan M --bandwidth 1GB/s",
        "plan mixtral-8x7b --json --bandwidth 1GB/s",
        "plan --list",
        "quantize M D/q.gguf Q8_0",
        "quantize --dry-run M Q4_K_M",
        "imatrix -m M -f D/text.txt -o D/i.gguf -c 32",
        "train D/text.txt -o D/t.gguf --steps 2 --vocab-size 300 -c 16 -b 2 --width 32 --heads 2"
            + " --layers 1",
        "stories -n 2 --kind sentiment",
        "info",
        "info --json",
        "version",
        "help run",
        "run -m M -p x -t 999",
        "run -m M -p x -n -5",
      })
  void everyCommandWritesAsciiDigits(String line) {
    Object[] words =
        Stream.of(line.split(" "))
            .map(w -> w.equals("M") ? model.toString() : w.replace("D/", folder + "/"))
            .toArray();
    Outcome outcome =
        Outcome.withInput(
            "once\n/stats\n", Stream.of(words).map(String::valueOf).toArray(String[]::new));
    if (!line.startsWith("logits")) {
      assertThat(outcome.out()).doesNotContainPattern(OTHER_DIGITS);
    }
    assertThat(outcome.out() + outcome.err()).isNotEmpty();
    assertThat(outcome.err()).doesNotContainPattern(OTHER_DIGITS);
  }

  /** Covers messages that no command line above prints. */
  @Test
  void sourcesFormatNumbersWithLocale() throws Exception {
    Path home = Path.of(System.getProperty("myelin.home"));
    assumeTrue(Files.isDirectory(home.resolve("engine/src/main/java")), "skipped: no sources");
    List<String> bad = new ArrayList<>();
    for (String module : new String[] {"bindings", "engine", "cli"}) {
      try (Stream<Path> files = Files.walk(home.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          for (String statement : Files.readString(file).split("[;{}]\\s*\\n")) {
            boolean formats = FORMATS.matcher(statement).find() && NUMBER.matcher(statement).find();
            if ((formats && !statement.contains("Locale"))
                || STRING_CASE.matcher(statement).find()) {
              bad.add(file.getFileName() + ": " + statement.strip());
            }
          }
        }
      }
    }
    assertThat(bad).as("expected %%s, or String.format(Locale.ROOT, ...)").isEmpty();
  }
}
