package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.testing.SharedData;
import dev.myelin.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The formats of {@code myelin tokenize}. */
class TokenizeCommandTest {
  private static final String TEXT = "once upon a \"time\"\n\tgröße <s>\\";

  @TempDir static Path folder;
  static Path spm;
  static Path bpe;

  @BeforeAll
  static void write() {
    spm = RandomModel.small("llama").write(folder.resolve("spm.gguf"));
    bpe =
        RandomModel.small("qwen2")
            .withVocabulary(RandomVocabulary.Kind.QWEN2)
            .write(folder.resolve("bpe.gguf"));
  }

  private static Outcome tokenize(Path model, String input, String... more) {
    String[] words =
        Arrays.copyOf(new String[] {"tokenize", "-m", model.toString()}, 3 + more.length);
    System.arraycopy(more, 0, words, 3, more.length);
    return Outcome.withInput(input, words);
  }

  private static String ids(Path model, String text, boolean special, boolean parse) {
    try (GgufFile file = GgufFile.open(model)) {
      return Arrays.stream(Tokenizer.of(file).encode(text, special, parse))
          .mapToObj(Integer::toString)
          .collect(Collectors.joining(" "));
    }
  }

  @Test
  void printsIds() {
    assertThat(tokenize(spm, TEXT, "--ids").out()).isEqualTo(ids(spm, TEXT, true, true) + "\n");
    assertThat(tokenize(spm, TEXT, "--ids", "--no-bos").out())
        .isEqualTo(ids(spm, TEXT, false, true) + "\n");
    assertThat(tokenize(spm, TEXT, "--ids", "--no-bos", "--no-parse-special").out())
        .isEqualTo(ids(spm, TEXT, false, false) + "\n");
    assertThat(ids(spm, TEXT, false, false)).isNotEqualTo(ids(spm, TEXT, false, true));
    assertThat(tokenize(spm, TEXT, "--ids").err()).isEmpty();
  }

  @Test
  void printsQuotedTokens() {
    for (Path model : List.of(spm, bpe)) {
      Outcome outcome = tokenize(model, TEXT, "--no-bos", "--no-parse-special");
      assertThat(outcome.status()).isZero();
      assertThat(outcome.out()).hasLineCount(1).endsWith("\n").startsWith("\"");
      assertThat(outcome.out()).contains("\\\"", "\\n", "\\\\");
      assertThat(unquoted(outcome.out()).strip()).isEqualTo(TEXT.strip());
    }
  }

  /** A model that does not run (yet) has a tokenizer all the same. */
  @Test
  void printsTokensOfAnyArchitecture() {
    Path bert = SharedData.path("vocabs/ggml-vocab-bert-bge.gguf");
    assertThat(tokenize(bert, "Caf\u00e9 \u6771\u4eac!").out())
        .isEqualTo("\"[CLS]\" \" cafe\" \" \u6771\" \" \u4eac\" \" !\" \"[SEP]\"\n");
    assertThat(tokenize(bert, "x", "--ids").out()).isEqualTo("101 1060 102\n");
    assertThat(tokenize(bert, "x", "--ids", "--no-bos").out()).isEqualTo("1060\n");
  }

  /** Joins quoted tokens and decodes the escapes. */
  private static String unquoted(String line) {
    String joined = line.strip().replaceAll("^\"|\"$", "").replace("\" \"", "");
    StringBuilder latin = new StringBuilder();
    byte[] bytes = joined.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      if (c == '\\') {
        char kind = (char) bytes[++i];
        c =
            switch (kind) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'x' ->
                  (char)
                      Integer.parseInt(new String(bytes, i + 1, 2, StandardCharsets.US_ASCII), 16);
              default -> kind;
            };
        i += kind == 'x' ? 2 : 0;
      }
      latin.append(c);
    }
    return new String(
        latin.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  @Test
  void nulSeparatesTexts() {
    Outcome outcome = tokenize(spm, "one\0\0two\nlines\0", "--nul");
    assertThat(outcome.out().split("\n", -1))
        .containsExactly(
            ids(spm, "one", true, true),
            ids(spm, "", true, true),
            ids(spm, "two\nlines", true, true),
            ids(spm, "", true, true),
            "");
  }

  @Test
  void emptyInputPrintsEmptyLine() {
    assertThat(tokenize(spm, "", "--no-bos").out()).isEqualTo("\n");
    assertThat(tokenize(bpe, "", "--no-bos", "--nul").out()).isEqualTo("\n");
  }

  @Test
  void rejectsInvalidUtf8() {
    byte[] input = {'a', (byte) 0xff};
    Outcome outcome = Outcome.withInput(input, Map.of(), "tokenize", "-m", spm.toString());
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).isEqualTo("myelin: standard input: byte 0xff at 1: expected UTF-8\n");
    assertThat(outcome.out()).isEmpty();
  }

  /** Real vocabularies, with known texts and ids. */
  @Test
  void matchesKnownIds() throws Exception {
    for (String name : List.of("llama-spm", "gpt-2", "llama-bpe", "qwen2")) {
      Path model = SharedData.path("vocabs/ggml-vocab-" + name + ".gguf");
      String inputs = Files.readString(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf.inp"));
      String texts =
          inputs
              .replaceFirst("\n__ggml_vocab_test__\n$", "")
              .replace("\n__ggml_vocab_test__\n", "\0");
      String expected =
          Files.readAllLines(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf.out")).stream()
              .map(String::strip)
              .collect(Collectors.joining("\n", "", "\n"));
      Outcome outcome = tokenize(model, texts, "--nul", "--no-bos", "--no-parse-special");
      assertThat(outcome.out()).as(name).isEqualTo(expected);
    }
  }
}
