package dev.myelin.cli.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.cli.Outcome;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.inspect.Inspection;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.stories.StoryGenerator;
import dev.myelin.stories.StoryOptions.Kind;
import dev.myelin.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bundled model: its size, its text, and how well it predicts new stories. {@code
 * stories-expected.txt} has the perplexity and then the greedy text. After training a new model,
 * replace that file by the one that this test writes.
 */
class BundledModelTest {
  private static final String EXPECTED = "stories-expected.txt";

  /** The training text has another seed, so these stories are new to the model. */
  private static final long HELD_OUT_SEED = 1L << 40;

  private static final int HELD_OUT = 40;
  private static final long MAX_BYTES = 4_000_000;

  private static Checkpoint checkpoint;
  private static Model model;

  @BeforeAll
  static void load() {
    checkpoint = BundledModel.find().orElse(null);
    assumeTrue(checkpoint != null, "skipped: this build has no bundled checkpoint");
    model = Model.load(checkpoint);
  }

  @AfterAll
  static void unload() {
    if (model != null) {
      model.close();
    }
  }

  private static Session open() {
    return Session.open(model, SessionOptions.defaults().withThreads(1));
  }

  private static String greedy(String prompt) {
    StringBuilder text = new StringBuilder(prompt);
    try (Session session = open()) {
      Generation generation =
          new Generator(session, SamplingOptions.greedy())
              .generate(prompt, GenerateOptions.tokens(240), text::append);
      assertThat(generation.reason()).hasToString("end of text");
    }
    return text.toString();
  }

  @Test
  void hasSizeLimitAndMetadata() {
    Inspection inspection = Inspection.of(checkpoint);
    assertThat(inspection.fileBytes()).isLessThanOrEqualTo(MAX_BYTES);
    assertThat(model.file().metadata().string("general.license")).isEqualTo("mit");
    assertThat(model.file().metadata().string("general.name")).isEqualTo("Myelin stories");
    assertThat(model.file().metadata().string("general.description"))
        .contains(BundledModel.MODEL_CARD);
  }

  @Test
  void keepsTextAndPerplexity() throws IOException {
    String actual =
        String.format(Locale.ROOT, "%.4f\n%s\n", perplexity(), greedy(BundledModel.DEFAULT_PROMPT));
    String[] expected = expected(actual).split("\n", 2);
    assertThat(actual.split("\n", 2)[1]).isEqualTo(expected[1]);
    double value = Double.parseDouble(expected[0]);
    assertThat(Double.parseDouble(actual.split("\n", 2)[0])).isCloseTo(value, within(value / 200));
  }

  private static String expected(String actual) throws IOException {
    try (InputStream in = BundledModelTest.class.getResourceAsStream(EXPECTED)) {
      if (in != null) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
    Path written = Files.writeString(Path.of("target", EXPECTED), actual);
    return fail("expected the resource %s: %s has the current values", EXPECTED, written);
  }

  /** The perplexity of all tokens of each story and of its end, given the story so far. */
  private static double perplexity() {
    Tokenizer tokenizer = model.tokenizer();
    StoryGenerator stories = StoryGenerator.of(Kind.STORY);
    double[] sum = new double[2]; // of losses, of tokens
    for (int i = 0; i < HELD_OUT; i++) {
      int[] story = tokenizer.encode(stories.generate(HELD_OUT_SEED, i).text(), true, false);
      int[] tokens = Arrays.copyOf(story, story.length + 1);
      tokens[story.length] = tokenizer.vocabulary().eos().orElseThrow();
      try (Session session = open()) {
        session.feedAll(
            story,
            (position, logits) -> {
              sum[0] += loss(logits, tokens[position + 1]);
              sum[1]++;
            });
      }
    }
    return Math.exp(sum[0] / sum[1]);
  }

  private static double loss(MemorySegment logits, int token) {
    float[] all = logits.toArray(ValueLayout.JAVA_FLOAT);
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : all) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : all) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum) - all[token];
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Once upon a time, there was a little fox named Ruby",
        "One day, Lily and her cat",
        "Tom and Mia were best friends.",
        "In a small house by the sea lived a girl named Anna",
        "Max was a dog who",
      })
  void writesWellFormedStories(String prompt) {
    String story = greedy(prompt);
    assertThat(story).matches("(?s).*[.!?]\"?\\s*");
    assertThat(story.chars().filter(c -> c == '"').count() % 2).as(story).isZero();
    assertThat(story).doesNotContain("  ", " ,", " .", "<");
    Set<String> known = new TreeSet<>(words(prompt));
    StoryGenerator stories = StoryGenerator.of(Kind.STORY);
    for (int i = 0; i < 4000; i++) {
      known.addAll(words(stories.generate(1, i).text()));
    }
    assertThat(known).containsAll(words(story));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Once upon a time, there was a little fox named Ruby | Ruby",
        "One day, Lily and her cat | Lily",
        "Tom and Mia were best friends. | Tom",
        "Tom and Mia were best friends. | Mia",
        "In a small house by the sea lived a girl named Anna | Anna",
        "Max was a dog who | Max",
        "There was a little fox named Rusty. He | Rusty",
        "Zelda found a little bird in the garden. | Zelda",
      })
  void keepsPromptsCharacters(String prompt, String name) {
    String story = greedy(prompt).substring(prompt.length());
    Pattern word = Pattern.compile("\\b" + name + "\\b");
    assertThat(word.matcher(story).results().count()).as(story).isGreaterThanOrEqualTo(2);
  }

  private static Set<String> words(String text) {
    return Pattern.compile("[A-Za-z']+")
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }

  @Test
  void runNeedsNoOptions() {
    Outcome outcome = Outcome.withBundledModel(checkpoint, Map.of(), "run", "--temp", 0, "-t", 1);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out().strip()).isEqualTo(greedy(BundledModel.DEFAULT_PROMPT).strip());
    assertThat(outcome.err()).contains("stopped by   end of text");
  }
}
