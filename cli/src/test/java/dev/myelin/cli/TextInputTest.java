package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text files with byte order marks, other encodings and line ends. */
class TextInputTest {
  private static final String MARK = "\ufeff";
  private static final String TEXT = "once upon a time there was a cat\n".repeat(10);

  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private static Outcome run(String line, byte[] text) throws Exception {
    Path file = Files.write(folder.resolve("text.txt"), text);
    String[] words =
        Stream.of(line.split(" "))
            .map(w -> w.equals("M") ? model.toString() : w.equals("F") ? file.toString() : w)
            .map(w -> w.replace("D/", folder + "/"))
            .toArray(String[]::new);
    return Outcome.withInput(text, Map.of(), words);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -f F -n 4 --temp 0 -t 1",
        "run -m M -f - -n 4 --temp 0 -t 1",
        "chat -m M -n 2 --temp 0 -t 1",
        "perplexity -m M -f F -c 32 -t 1",
        "perplexity -m M -f - -c 32 -t 1",
        "score -m M -f F --labels bed,park -t 1",
        "imatrix -m M -f F -c 32 -t 1 -o D/imatrix.gguf",
      })
  void skipsByteOrderMark(String line) throws Exception {
    Path matrix = folder.resolve("imatrix.gguf");
    Outcome plain = run(line, utf8(TEXT));
    assertThat(plain.status()).as(plain.err()).isZero();
    byte[] expected = Files.exists(matrix) ? Files.readAllBytes(matrix) : plain.bytes();
    Outcome marked = run(line, utf8(MARK + TEXT));
    assertThat(Files.exists(matrix) ? Files.readAllBytes(matrix) : marked.bytes())
        .isEqualTo(expected);
    Files.deleteIfExists(matrix);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -f F -n 4",
        "run -m M -f -",
        "chat -m M -n 2",
        "perplexity -m M -f F",
        "score -m M -f F --labels bed,park",
        "imatrix -m M -f F -o D/imatrix.gguf",
        "quantize M D/q.gguf Q8_0 --tensor-type-file F",
        "train F -o D/t.gguf",
      })
  void namesUnsupportedEncoding(String line) throws Exception {
    for (String charset : new String[] {"UTF-16", "UTF-16LE", "UTF-16BE"}) {
      Outcome outcome = run(line, TEXT.getBytes(Charset.forName(charset)));
      assertThat(outcome.status()).isEqualTo(1);
      assertThat(outcome.err().lines().filter(l -> l.startsWith("myelin: ")).toList())
          .singleElement()
          .asString()
          .containsPattern("(text.txt|standard input): this is UTF-16: expected ");
    }
    assertThat(run(line, (MARK + TEXT).getBytes(Charset.forName("UTF-32LE"))).err())
        .contains(": this is UTF-32: expected ");
  }

  @Test
  void dropsFinalLineEnd() throws Exception {
    String line = "run -m M -f F -n 8 --temp 0 -t 1";
    String expected = run(line, utf8("once upon a time")).out();
    for (String end : new String[] {"\n", "\r\n"}) {
      assertThat(run(line, utf8("once upon a time" + end)).out()).isEqualTo(expected);
    }
    assertThat(run(line, utf8("once\r\nupon\r\n\r\n")).out()).startsWith("once\r\nupon\r\n");
    assertThat(run(line, utf8("once\r")).out()).startsWith("once\r");
    assertThat(run("run -m M -f F -n 1 -t 1", utf8(MARK + "\r\n")).status()).isZero();
  }

  @Test
  void tokenizeReadsExactInput() throws Exception {
    String marked = run("tokenize -m M --ids", utf8(MARK + "a\r\n")).out();
    assertThat(marked).isNotEqualTo(run("tokenize -m M --ids", utf8("a\r\n")).out());
    assertThat(run("tokenize -m M --nul", utf8("a\0b\0c\0d\0")).out()).hasLineCount(5);
    assertThat(run("tokenize -m M", "\ufeffa".getBytes(StandardCharsets.UTF_16LE)).err())
        .contains("standard input: byte 0xff at 0: expected UTF-8");
  }

  @Test
  void readsCrlfAndBomFiles() throws Exception {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    for (String name : new String[] {"prompt-file-crlf", "text-file-bom"}) {
      Path prompt = SharedData.path("cases/" + name + "/prompt.txt");
      Outcome outcome = Outcome.of("run", "-m", story, "-f", prompt, "-n", 8, "--temp", 0, "-t", 1);
      assertThat(outcome.out()).startsWith("Once upon a time, there was a little girl");
      assertThat(outcome.err()).containsPattern("prompt +5 tokens");
    }
    Path labels = SharedData.path("cases/text-file-bom/labels.tsv");
    Object[] words = {"-m", story, "-p", "{} ", "-f", labels, "--labels", "bed,park", "-t", 1};
    Outcome outcome = Outcome.of("score", words);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains(" of 2");
  }
}
