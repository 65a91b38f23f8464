package dev.myelin.cli.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.TestHub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models by name, from a server on this machine. */
class ModelCommandsTest {
  private static final String REPO = "org/tiny-GGUF";

  @TempDir static Path shared;
  private static byte[] model;
  @TempDir Path folder;
  private TestHub server;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  static void writeModel() throws IOException {
    model = Files.readAllBytes(RandomModel.small("llama").write(shared.resolve("model.gguf")));
  }

  @BeforeEach
  void start() {
    server = new TestHub();
    server.add(REPO, "tiny-F16.gguf", model);
    server.add(REPO, "tiny-Q4_K_M.gguf", model);
    server.add(REPO, "mmproj-Q4_K_M.gguf", new byte[] {1});
    environment.put("MYELIN_MODELS", folder.resolve("models").toString());
    environment.put("MYELIN_ENDPOINT", server.uri().toString());
    environment.put("MYELIN_OLLAMA_ENDPOINT", server.uri().toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Outcome myelin(Object... words) {
    return Outcome.withInput(
        new byte[0], environment, Stream.of(words).map(String::valueOf).toArray(String[]::new));
  }

  private static final Object[] GENERATE = {"-p", "once", "-n", 2, "--temp", 0, "-t", 1};

  private Outcome run(Object... words) {
    return myelin(
        Stream.concat(Stream.concat(Stream.of("run"), Stream.of(words)), Stream.of(GENERATE))
            .toArray());
  }

  @Test
  void pullsListsShowsAndRemoves() {
    Outcome pull = myelin("pull", REPO);
    assertThat(pull.status()).isZero();
    Path file = Path.of(pull.out().strip());
    assertThat(file).hasBinaryContent(model).hasFileName("tiny-Q4_K_M.gguf");
    assertThat(pull.err())
        .containsPattern("model +org/tiny-GGUF:Q4_K_M, llama, [\\d.]+ M parameters")
        .containsPattern("download +[\\d.]+ MB; [\\d.]+ .B free on the disk\n")
        .containsPattern("memory +[\\d.]+ .B with a context of \\d+ tokens: fits, ")
        .containsPattern("speed +at most \\d+ tokens/s")
        .containsPattern("runs +yes");
    assertThat(myelin("list").out())
        .containsPattern("name +size +pulled +alias\norg/tiny-GGUF:Q4_K_M +[\\d.]+ MB +2\\d{3}-");
    assertThat(myelin("list", "--json").out()).contains("\"path\" : \"" + file);
    assertThat(myelin("show", REPO).out())
        .contains(TestHub.COMMIT, TestHub.sha256(model), server.uri() + "/" + REPO);
    assertThat(myelin("show", REPO, "--json").out())
        .contains("\"sha256\" : \"" + TestHub.sha256(model));
    assertThat(myelin("alias", "tiny", REPO).status()).isZero();
    assertThat(myelin("alias").out()).isEqualTo("tiny  org/tiny-GGUF\n");
    assertThat(myelin("list").out()).endsWith("  tiny\n");
    assertThat(run("tiny").out()).startsWith("once");
    assertThat(myelin("rm", REPO).err()).isEqualTo("removed org/tiny-GGUF\n");
    assertThat(file.getParent()).doesNotExist();
    myelin("rm", REPO).assertFailed(1, "org/tiny-GGUF: not downloaded");
    myelin("rm").assertFailed(2, "missing required parameter: 'NAME'");
    myelin("alias", "x").assertFailed(2, "expected ALIAS MODEL");
  }

  @Test
  void commandsTakeNames() throws Exception {
    Outcome first = run(REPO);
    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.err()).contains("download ").contains("generation");
    server.requests.clear();
    Outcome[] same = {
      run(REPO),
      run("-m", REPO),
      run("-hf", REPO),
      run("--hf-repo", REPO + ":q4_k_m"),
      run("--offline", REPO)
    };
    for (Outcome outcome : same) {
      assertThat(outcome.out()).isEqualTo(first.out());
    }
    environment.put("MYELIN_MODEL", REPO);
    assertThat(run().out()).isEqualTo(first.out());
    environment.remove("MYELIN_MODEL");
    assertThat(server.requests).isEmpty();
    assertThat(run("-hf", REPO, "--hf-file", "tiny-F16.gguf").out()).isEqualTo(first.out());
    assertThat(myelin("list").out()).contains("org/tiny-GGUF:tiny-F16.gguf");
    assertThat(myelin("bench", "-hf", REPO, "-p", 4, "-n", 0, "-r", 1).status()).isZero();
    assertThat(myelin("bench", REPO, "-p", 4, "-n", 0, "-r", 1).status()).isZero();
    assertThat(myelin("inspect", REPO).status()).isZero();
    server.addOllama("library/tiny", "1", model);
    assertThat(run("tiny:1").out()).isEqualTo(first.out());
    String url = server.uri() + "/" + REPO + "/resolve/main/tiny-F16.gguf";
    assertThat(run(url).out()).isEqualTo(first.out());
    assertThat(run("--model-url", url).out()).isEqualTo(first.out());
  }

  @Test
  void aFileWins() throws Exception {
    Path file = Files.write(folder.resolve("tiny"), model);
    myelin("alias", "mine", file);
    assertThat(run("mine").out()).startsWith("once");
    assertThat(run(file).out()).startsWith("once");
    assertThat(server.requests).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run nothing.gguf -p x | 1 | nothing.gguf: no such file",
        "run ./org/tiny -p x | 1 | ./org/tiny: no such file",
        "run nothing | 1 | nothing: no such file or model; `myelin list` shows the models",
        "run org/nothing | 1 | org/nothing: no such file; org/nothing: 127.0.0.1: not found, or"
            + " private",
        "run --offline org/x | 1 | org/x: no such file; 127.0.0.1: not asked, since --offline",
        "run -hf nothing | 2 | -hf nothing: expected ORG/REPOSITORY[:QUANTIZATION]",
        "run -hf org/tiny-GGUF:Q9 | 1 | the repository has tiny-F16.gguf, tiny-Q4_K_M.gguf",
        "run -hf org/x -m y.gguf | 2 | unknown argument 'y.gguf': -hf already names the model",
        "run --hf-file x.gguf | 2 | --hf-file: expected with -hf",
        "run -hft x | 2 | set the environment variable HF_TOKEN",
        "quantize -hf org/x a b | 2 | `myelin pull NAME` downloads a model",
        "pull | 2 | missing required parameter: 'NAME'",
        "pull a/b/c | 1 | model 'a/b/c': expected org/repo[:quantization], name:tag, or a URL",
        "pull --connections 0 org/x | 1 | connections = 0: expected 1 to 64",
        "pull nothing | 1 | nothing:latest: 127.0.0.1: not found",
        "show nothing | 1 | nothing: not downloaded",
      })
  void namesTheMistake(String line, int status, String message) {
    myelin((Object[]) line.split(" ")).assertFailed(status, message);
  }

  @Test
  void suggestsTheClosestName() {
    myelin("pull", REPO);
    myelin("alias", "tiny", REPO);
    run("tinyy").assertFailed(1, "tinyy: no such file or model: did you mean tiny?");
    myelin("show", "org/tinyGGUF").assertFailed(1, "did you mean org/tiny-GGUF?");
  }

  @Test
  void refusesWhatCannotRun() throws Exception {
    String text = new String(model, StandardCharsets.ISO_8859_1);
    byte[] unknown = text.replace("llama", "lamma").getBytes(StandardCharsets.ISO_8859_1);
    server.add("org/new", "new-Q4_K_M.gguf", unknown);
    Outcome outcome = myelin("pull", "org/new");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .containsPattern("runs +no: general.architecture = lamma: known are ")
        .contains("cannot run: general.architecture = lamma")
        .endsWith("(`myelin pull --force` downloads it)\n");
    Outcome dry = myelin("pull", "--dry-run", "org/new");
    assertThat(dry.status()).isZero();
    assertThat(dry.out()).contains("runs      no: ");
    assertThat(dry.err()).isEmpty();
    assertThat(folder.resolve("models")).doesNotExist();
    assertThat(myelin("pull", "--force", "org/new").status()).isZero();
    byte[] page = "<html>Please log in</html>".getBytes(StandardCharsets.UTF_8);
    server.addPlain("org/page", "a.gguf", page);
    assertThat(myelin("pull", "org/page").err()).contains("magic \"<htm\"");
  }

  @Test
  void runsSplitModels() throws Exception {
    GgufWriter writer = new GgufWriter();
    try (GgufFile file = GgufFile.open(shared.resolve("model.gguf"))) {
      writer.putAll(file.metadata());
      file.tensors().forEach(t -> writer.tensor(t.name(), t.type(), shape(t), file.data(t)));
      for (Path part : writer.writeSplit(folder.resolve("m-Q4_K_M"), 3)) {
        server.add("org/split", "Q4_K_M/" + part.getFileName(), Files.readAllBytes(part));
      }
    }
    Outcome outcome = run("org/split");
    assertThat(outcome.err())
        .containsPattern("download +[\\d.]+ MB in 3 files")
        .containsPattern("runs +yes");
    assertThat(outcome.out()).isEqualTo(run(shared.resolve("model.gguf")).out());
    assertThat(myelin("show", "org/split").out()).contains("m-Q4_K_M-00003-of-00003.gguf");
  }

  private static long[] shape(TensorInfo tensor) {
    return tensor.shape().stream().mapToLong(Long::longValue).toArray();
  }
}
