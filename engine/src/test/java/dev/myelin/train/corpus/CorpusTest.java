package dev.myelin.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading documents from files and folders, and errors for files that are not text. */
class CorpusTest {
  @TempDir Path folder;

  @Test
  void splitsDocumentsAtSeparatorsAndFiles() throws IOException {
    assertThat(read("a\nb\n<|endoftext|>\n\nc\n\n<|endoftext|>\nd"))
        .containsExactly("a\nb", "\nc\n", "d");
    assertThat(read("one line, no break")).containsExactly("one line, no break");
    assertThat(read("<|endoftext|>\na\n<|endoftext|>\n<|endoftext|>\n \t\n\n<|endoftext|>"))
        .containsExactly("a");
    assertThat(read("a <|endoftext|>\n<|endoftext|> \nb\n <|endoftext|>\n"))
        .containsExactly("a <|endoftext|>\n<|endoftext|> \nb\n <|endoftext|>");
  }

  @Test
  void convertsCrLfToLf() throws IOException {
    assertThat(read("a\r\nb\r\n<|endoftext|>\r\nc\rd\r\r\n\r"))
        .containsExactly("a\nb", "c\rd\r\n\r");
  }

  @Test
  void dropsByteOrderMark() throws IOException {
    assertThat(read("\ufeffa \ufeff b")).containsExactly("a \ufeff b");
    assertThat(read("\ufeff<|endoftext|>\na")).containsExactly("a");
  }

  @Test
  void keepsEveryCharacter() throws IOException {
    String text = "\0 a\0\u0085\u2028 \ud83d\ude00\udbff\udfff\uffff\ue000\ud7ff \t\u000b";
    assertThat(read(text)).containsExactly(text);
  }

  @Test
  void readsLargeFiles() throws IOException {
    // blocks of 1 MiB end within characters and within CR LF
    for (String part : List.of("\u20ac", "\ud83d\ude00x", "a\r\n", "\r", "<|endoftext|>\r\n")) {
      String text = ("x" + part).repeat(700_000);
      List<String> expected =
          part.startsWith("<") ? List.of(text.replace("\r", "").strip()) : List.of(trim(text));
      assertThat(read(text)).as(part).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "61 ff, 1",
    "80, 0",
    "61 c3, 1",
    "61 62 e2 82, 2",
    "c0 80, 0",
    "c1 bf, 0",
    "e0 9f bf, 0",
    "61 ed a0 80, 1",
    "f0 8f bf bf, 0",
    "f4 90 80 80, 0",
    "f5 80 80 80, 0",
    "c3 61, 0",
    "c3 a9 e2 28 a1, 2",
    "f0 9f 98 c3, 0",
    "ff 61, 0"
  })
  void rejectsMalformedUtf8(String bytes, int offset) throws IOException {
    byte[] bad = java.util.HexFormat.ofDelimiter(" ").parseHex(bytes);
    assertRejected(bad, offset);
    byte[] later = new byte[(1 << 20) - 1 + bad.length];
    java.util.Arrays.fill(later, (byte) 'a');
    System.arraycopy(bad, 0, later, (1 << 20) - 1, bad.length);
    assertRejected(later, offset + (1 << 20) - 1);
  }

  @Test
  void namesUtf16() throws IOException {
    Path file = Files.write(folder.resolve("utf16.txt"), new byte[] {-1, -2, 'a', 0});
    assertThatThrownBy(() -> Corpus.read(file))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(file + ": this is UTF-16: expected text in UTF-8");
  }

  private void assertRejected(byte[] bytes, int offset) throws IOException {
    Path file = Files.write(folder.resolve("bad.txt"), bytes);
    assertThatThrownBy(() -> Corpus.read(file))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(file + ": byte " + offset + ": not UTF-8: expected text in UTF-8");
  }

  @Test
  void agreesWithJavaOnUtf8() throws IOException {
    Random random = new Random(3);
    int good = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(6)];
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        bytes[0] = (byte) (0xe0 + random.nextInt(0x15));
        for (int j = 1; j < bytes.length; j++) {
          bytes[j] = (byte) (0x80 + random.nextInt(0x40));
        }
      }
      boolean well = true;
      try {
        StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes));
      } catch (java.nio.charset.CharacterCodingException e) {
        well = false;
      }
      Utf8Validator check = new Utf8Validator();
      boolean ours = check.add(bytes, bytes.length) < 0 && check.end() < 0;
      assertThat(ours).as(java.util.HexFormat.of().formatHex(bytes)).isEqualTo(well);
      good += well ? 1 : 0;
    }
    assertThat(good).isGreaterThan(100);
  }

  @Test
  void readsFoldersInOrder() throws IOException {
    write("b.txt", "2");
    write("a/z.md", "1\n<|endoftext|>\n1b");
    write("c/d/e", "4");
    write("c.txt", "3");
    write(".hidden", "no");
    write(".git/config", "no");
    write("c/.x/y", "no");
    write("empty", "");
    Files.createDirectory(folder.resolve("none"));
    Files.createSymbolicLink(folder.resolve("d"), folder.resolve("c.txt"));
    assertThat(texts(Corpus.read(folder))).containsExactly("1", "1b", "2", "3", "4", "3");
  }

  @Test
  void rejectsMissingText() throws IOException {
    assertThatThrownBy(() -> Corpus.read(folder)).hasMessageContaining(folder + ": no text");
    Path file = write("empty", "");
    assertThatThrownBy(() -> Corpus.read(file)).hasMessageContaining(file + ": no text");
    assertThatThrownBy(() -> Corpus.read(folder)).hasMessageContaining(folder + ": no text");
    assertThatThrownBy(() -> read(" \n\r\n\t")).hasMessageContaining(": no text");
    assertThatThrownBy(() -> read("\ufeff")).hasMessageContaining(": no text");
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Corpus.read(missing))
        .hasMessage(missing + ": cannot be read: no such file");
    assertThatThrownBy(() -> new Corpus(List.of())).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void rejectsBrokenAndCyclicLinks() throws IOException {
    write("a", "a");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("gone"));
    assertThatThrownBy(() -> Corpus.read(folder))
        .hasMessage(link + ": cannot be read: no such file");
    Files.delete(link);
    Path sub = Files.createDirectory(folder.resolve("sub"));
    Files.createSymbolicLink(sub.resolve("up"), folder);
    assertThatThrownBy(() -> Corpus.read(folder))
        .hasMessageContaining("up: cannot be read: a link to a parent folder");
  }

  @Test
  void reportsUnreadableFiles() throws IOException {
    Path file = write("secret", "a");
    assertThat(file.toFile().setReadable(false)).isTrue();
    org.junit.jupiter.api.Assumptions.assumeFalse(
        Files.isReadable(file), "skipped: this user may read every file");
    assertThatThrownBy(() -> Corpus.read(folder))
        .hasMessage(file + ": cannot be read: permission denied");
  }

  private static String trim(String text) {
    String lines = text.replace("\r\n", "\n");
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  private List<String> read(String text) throws IOException {
    return texts(Corpus.read(write("text", text)));
  }

  private static List<String> texts(Corpus corpus) {
    return corpus.documents().stream().map(Document::text).toList();
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
