package dev.myelin.cli.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.cli.io.Units;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.imatrix.ImportanceMatrix;
import dev.myelin.imatrix.ImportanceMatrix.Entry;
import dev.myelin.imatrix.ImportanceMatrixFiles;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code myelin quantize} and {@code myelin imatrix}. */
class QuantizeCommandTest {
  private static final String TEXT = "the quick brown fox jumps over the lazy dog ".repeat(40);

  @TempDir static Path shared;
  static Path model;
  static Path text;
  @TempDir Path folder;

  @BeforeAll
  static void write() throws IOException {
    Shape shape = new Shape(2, 256, 8, 2, 32, 256, 320, 512);
    model = RandomModel.small("llama").withShape(shape).write(shared.resolve("model.gguf"));
    text = Files.writeString(shared.resolve("text.txt"), TEXT);
  }

  private static GgmlType type(Path file, String tensor) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return gguf.tensor(tensor).orElseThrow().type();
    }
  }

  @Test
  void printsSummaryOnly() throws IOException {
    Path out = folder.resolve("out.gguf");
    Outcome done = Outcome.of("quantize", model, out, "q4_k_m", "-t", 2);
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.out()).isEmpty();
    assertThat(done.err())
        .matches(
            "\\S+model.gguf [\\d.]+ MB -> \\S+out.gguf [\\d.]+ [kM]B, [\\d.]+ bits/weight,"
                + " [\\d.]+ s\n");
    assertThat(done.err())
        .startsWith(
            "%s %s -> %s %s, "
                .formatted(
                    model, Units.bytes(Files.size(model)), out, Units.bytes(Files.size(out))));
    assertThat(type(out, "blk.0.ffn_up.weight")).isEqualTo(GgmlType.Q4_K);
    assertThat(type(out, "output.weight")).isEqualTo(GgmlType.Q6_K);
  }

  @Test
  void appliesTypeOptions() throws IOException {
    Path out = folder.resolve("out.gguf");
    Path types = Files.writeString(folder.resolve("types"), "attn_q=q5_1\n  ffn_up=q8_0 ");
    Outcome done =
        Outcome.of(
            "quantize",
            "--tensor-type=attn_k=F16",
            "--tensor-type-file",
            types,
            "--output-tensor-type=q8_0",
            "--token-embedding-type=q5_K",
            "--pure",
            model,
            out,
            "Q4_0");
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(type(out, "blk.1.attn_k.weight")).isEqualTo(GgmlType.F16);
    assertThat(type(out, "blk.1.attn_q.weight")).isEqualTo(GgmlType.Q5_1);
    assertThat(type(out, "blk.1.ffn_up.weight")).isEqualTo(GgmlType.Q8_0);
    assertThat(type(out, "blk.1.ffn_down.weight")).isEqualTo(GgmlType.Q4_0);
    assertThat(type(out, "output.weight")).isEqualTo(GgmlType.Q8_0);
    assertThat(type(out, "token_embd.weight")).isEqualTo(GgmlType.Q5_K);
  }

  @Test
  void dryRunWritesNothing() throws IOException {
    Outcome dry = Outcome.of("quantize", "--dry-run", model, "Q4_K_M");
    assertThat(dry.status()).as(dry.err()).isZero();
    assertThat(dry.out().lines().findFirst().orElseThrow())
        .matches("tensor +shape +from +to +bytes");
    assertThat(dry.out())
        .containsPattern("(?m)^blk.0.attn_k.weight +256x64 +f32 +q4_K +9,216$")
        .containsPattern("(?m)^blk.0.attn_norm.weight +256 +f32 +1,024$")
        .containsPattern("\n\ntensors: [\\d.]+ MB -> [\\d.]+ kB, [\\d.]+ bits/weight\n$");
    Path out = folder.resolve("out.gguf");
    assertThat(Outcome.of("quantize", model, out, "Q4_K_M", "--dry-run").out())
        .isEqualTo(dry.out());
    assertThat(out).doesNotExist();
    assertThat(Outcome.of("quantize", model, "IQ2_XS", "--dry-run").out())
        .contains("requires an importance matrix\n")
        .endsWith("an importance matrix is required: --imatrix FILE\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q4_0", "Q2_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS", "IQ4_NL"})
  void ignoresZeroEntries(String type) {
    Path plain = folder.resolve("plain.gguf");
    Path zero = folder.resolve("zero.gguf");
    String weight = "blk.0.ffn_up.weight";
    TreeMap<String, Entry> entries = new TreeMap<>();
    entries.put(weight, new Entry(new float[256], new long[] {512}));
    float[] ones = new float[256];
    Arrays.fill(ones, 1f);
    entries.put("blk.0.ffn_gate.weight", new Entry(ones, new long[] {1}));
    Path matrix = folder.resolve("zero.imatrix");
    ImportanceMatrixFiles.write(
        new ImportanceMatrix(entries, List.of(), 1, 512),
        matrix,
        ImportanceMatrixFiles.Format.GGUF);
    assertThat(Outcome.of("quantize", model, plain, type, "--pure").status()).isZero();
    Outcome done = Outcome.of("quantize", model, zero, type, "--pure", "--imatrix", matrix);
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.err())
        .contains("all zeros in the importance matrix, ignored: " + weight + "\n")
        .contains("1 of 16 tensors converted with the importance matrix");
    assertThat(bytes(zero, weight)).isEqualTo(bytes(plain, weight));
    assertThat(Outcome.of("quantize", model, type, "--dry-run", "--imatrix", matrix).out())
        .containsPattern(weight + " .*all zeros in the importance matrix\n");
    Outcome needs = Outcome.of("quantize", model, zero, "IQ2_XS", "--imatrix", matrix);
    assertThat(needs.status()).isEqualTo(1);
  }

  private static byte[] bytes(Path file, String tensor) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return gguf.data(gguf.tensor(tensor).orElseThrow()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @Test
  void notesRulesWithoutMatch() throws IOException {
    Path out = folder.resolve("out.gguf");
    String[] rules = {
      "--tensor-type=attn_zz=q8_0",
      "--tensor-type=attn_norm=q8_0",
      "--tensor-type=attn_k=q8_0",
      "--tensor-type=blk.0.attn_k=q5_1"
    };
    Outcome done =
        Outcome.of(
            Stream.concat(
                    Stream.of("quantize", model.toString(), out.toString(), "Q4_0"),
                    Stream.of(rules))
                .toArray(String[]::new));
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.err().lines().toList())
        .hasSize(4)
        .startsWith(
            "--tensor-type attn_zz=q8_0: matches no converted tensor",
            "--tensor-type attn_norm=q8_0: matches no converted tensor",
            "--tensor-type blk.0.attn_k=q5_1: matches no converted tensor");
    Outcome dry = Outcome.of("quantize", model, "F16", "--dry-run", "--tensor-type", "attn_k=q8_0");
    assertThat(dry.err()).isEqualTo("--tensor-type attn_k=q8_0: matches no converted tensor\n");
    Path matrix = folder.resolve("m.gguf");
    Outcome.of("imatrix", "-m", model, "-f", text, "-o", matrix, "-c", 64, "--chunks", 1, "-t", 1);
    Outcome some =
        Outcome.of(
            "quantize",
            model,
            out,
            "Q4_0",
            "--imatrix",
            matrix,
            "--include-weights",
            "ffn_up",
            "--include-weights",
            "zz");
    assertThat(some.err()).startsWith("--include-weights zz: matches no tensor\n");
  }

  @Test
  void listsTypes() {
    Outcome list = Outcome.of("quantize", "--list");
    assertThat(list.status()).isZero();
    assertThat(list.out())
        .containsPattern("(?m)^Q4_K_M +15 +q4_K +4\\.89 +also Q4_K$")
        .containsPattern("(?m)^q4_0 +4\\.5000$");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize                              | expected IN OUT TYPE, got 0",
        "quantize M Q4_0                       | expected IN OUT TYPE, got 2",
        "quantize M o Q4_0 8                   | expected IN OUT TYPE, got 4",
        "quantize M o Q4_KM                    | unknown type 'Q4_KM': did you mean Q4_K",
        "quantize M o q5_km                    | unknown type 'q5_km': did you mean Q5_K",
        "quantize M o best                     | unknown type 'best': see `myelin quantize"
            + " --list`",
        "quantize M o Q4_0 --tensor-type x=q4k | unknown type 'q4k' for --tensor-type: did you mean"
            + " Q4_K?",
        "quantize M o Q4_0 --tensor-type x     | tensor type 'x': expected NAME=TYPE",
        "quantize M o Q4_0 --tensor-type (=q4_0 | tensor type '(=q4_0': Unclosed group",
        "quantize M o Q4_0 --output-tensor-type q9_0 | unknown type 'q9_0' for"
            + " --output-tensor-type",
        "quantize M o Q4_0 -t -1               | threads = -1: expected 0 to 512",
        "quantize M o Q4_0 --include-weights a --exclude-weights b | either --include-weights or",
        "quantize M o Q4_0 --imatri x          | unknown option '--imatri': did you mean"
            + " --imatrix?",
        "imatrix                               | no text: give -f FILE, or --in-file FILE to merge",
        "imatrix -f T                          | no model: give a GGUF file with -m FILE",
        "imatrix -m M -f T -c 1                | context = 1: expected 2 or more",
        "imatrix -m M -f T --chunks 0          | chunks = 0: expected 1 or more, or -1",
        "imatrix -m M -f T --chunk -1          | chunks to skip = -1: expected 0 or more",
        "imatrix -m M -f T --output-format csv | output format 'csv': known are gguf, dat",
      })
  void rejectsWrongUsage(String line, String message) {
    Outcome outcome = Outcome.of(words(line));
    outcome.assertFailed(2, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize F/none o Q4_0                | none: no such file",
        "quantize T o Q4_0                     | expected \"GGUF\", this is not a GGUF file",
        "quantize M F/no/o Q4_0                | cannot be written",
        "quantize M o IQ2_XXS                  | iq2_xxs needs an importance matrix",
        "quantize M o Q4_0 --imatrix F/none    | none: no such file",
        "quantize M o Q4_0 --imatrix T         | text.txt: the number of entries = ",
        "quantize M o Q4_0 --imatrix M         | no entries: expected an importance matrix",
        "quantize M o Q4_0 --tensor-type-file F/none | none: no such file",
        "imatrix -m M -f F/none                | none: no such file",
        "imatrix -m T -f T                     | expected \"GGUF\"",
        "imatrix -m M -f T -c 100000           | tokens of text: expected at least 200000",
        "imatrix -m M -f T -o F/no/o           | no such folder",
        "imatrix -m M -f T -o F                | this is a folder: expected a file to write",
        "imatrix --in-file T -o o              | text.txt: the number of entries = ",
      })
  void reportsFailedWork(String line, String message) {
    Outcome outcome = Outcome.of(words(line));
    assertThat(outcome.err()).startsWith("myelin: ").contains(message).hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(1);
  }

  private String[] words(String line) {
    return Stream.of(line.strip().split(" +"))
        .map(
            word ->
                switch (word) {
                  case "M" -> model.toString();
                  case "T" -> text.toString();
                  case "o" -> folder.resolve("o").toString();
                  default -> word.replaceFirst("^F(/|$)", folder + "$1");
                })
        .toArray(String[]::new);
  }

  @Test
  void rejectsVocabularyOnlyFile() {
    Path vocabulary = folder.resolve("vocabulary.gguf");
    new GgufWriter().put("general.architecture", "llama").write(vocabulary);
    Outcome outcome = Outcome.of("quantize", vocabulary, folder.resolve("o"), "Q4_0");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).contains("no tensors: expected a model");
  }

  @Test
  void measuresMergesAndUsesImportance() {
    Path one = folder.resolve("one.gguf");
    Outcome measured =
        Outcome.of("imatrix", "-m", model, "-f", text, "-o", one, "-c", 64, "--chunks", 3, "-t", 1);
    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(measured.out()).isEmpty();
    assertThat(measured.err())
        .matches("perplexity [\\d.]+\n\\S+one.gguf: 14 entries, 3 chunks of 64 tokens\n");

    Path dat = folder.resolve("two.dat");
    Outcome more =
        Outcome.of(
            "imatrix",
            "-m",
            model,
            "-f",
            text,
            "-o",
            dat,
            "-c",
            64,
            "-b",
            24,
            "--no-ppl",
            "--process-output",
            "--chunk",
            1,
            "--chunks",
            2,
            "--in-file",
            one);
    assertThat(more.status()).as(more.err()).isZero();
    assertThat(more.err()).matches("\\S+two.dat: 15 entries, 5 chunks of 64 tokens\n");

    Path both = folder.resolve("both.gguf");
    Outcome merged =
        Outcome.of("imatrix", "--in-file", one, "--in-file", dat, "-o", both, "-c", 64);
    assertThat(merged.status()).as(merged.err()).isZero();
    assertThat(merged.err()).contains("both.gguf: 15 entries, 8 chunks of 64 tokens");

    Path out = folder.resolve("out.gguf");
    Outcome done = Outcome.of("quantize", model, out, "Q2_K_S", "--imatrix", both);
    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.err())
        .startsWith("15 of 16 tensors converted with the importance matrix\n")
        .hasLineCount(2);
    try (GgufFile file = GgufFile.open(out)) {
      assertThat(file.metadata().string("quantize.imatrix.file")).isEqualTo(both.toString());
      assertThat(file.metadata().string("quantize.imatrix.dataset")).isEqualTo(text.toString());
    }
    Outcome some =
        Outcome.of(
            "quantize", model, out, "Q4_0", "--imatrix", both, "--include-weights", "ffn_up");
    assertThat(some.err()).startsWith("2 of 16 tensors converted with the importance matrix\n");
    Outcome others =
        Outcome.of(
            "quantize", model, out, "Q4_0", "--imatrix", both, "--exclude-weights", "ffn_up");
    assertThat(others.err()).startsWith("13 of 16 tensors converted with the importance matrix\n");
    Outcome none =
        Outcome.of(
            "quantize", model, out, "Q4_0", "--imatrix", both, "--exclude-weights", "weight");
    assertThat(none.err())
        .isEqualTo("myelin: --exclude-weights weight: selects no entry of " + both + "\n");
    assertThat(none.status()).isEqualTo(1);
  }

  /** A file that takes one thread seconds. */
  private static Path large(Path file) {
    RandomModel.small("llama")
        .withShape(new Shape(2, 2048, 32, 8, 64, 8192, 320, 512))
        .withType(GgmlType.F16)
        .repeatingWriter()
        .write(file);
    return file;
  }

  @Test
  void ctrlCRemovesPartialFile() throws Exception {
    Path in = large(folder.resolve("in.gguf"));
    Path out = folder.resolve("out.gguf");
    Process process = ChildProcess.myelin(List.of(), "quantize", in, out, "Q6_K", "-t", 1).start();
    while (process.isAlive() && partial().findAny().isEmpty()) {
      Thread.sleep(20);
    }
    ChildProcess.signal(process, "INT");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .isEqualTo("myelin: cancelled, " + out + " was not written\n");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(130);
    assertThat(out).doesNotExist();
    assertThat(partial()).isEmpty();
    Files.delete(in);
  }

  private Stream<Path> partial() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".part")).toList().stream();
    }
  }

  @Test
  void fullDiskKeepsOlderFile() throws Exception {
    Path out = Files.writeString(folder.resolve("out.gguf"), "an older file");
    assumeTrue(Files.exists(Path.of("/bin/bash")), "skipped: no /bin/bash to limit a file's size");
    ProcessBuilder child =
        ChildProcess.myelin(List.of("-XX:-UsePerfData"), "quantize", model, out, "Q8_0", "-t", 2);
    child.command().addAll(0, List.of("/bin/bash", "-c", "ulimit -f 256; exec \"$@\"", "bash"));
    Process process = child.start();
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .isEqualTo("myelin: " + out + ": cannot be written: file too large\n");
    assertThat(ChildProcess.exitStatus(process)).isEqualTo(1);
    assertThat(out).hasContent("an older file");
    assertThat(partial()).isEmpty();
  }
}
