package dev.myelin.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.generate.SessionOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that bench compares with, by small scripts and programs in their place. */
class PeerProgramsTest {
  /** Prints a row as ik_llama.cpp's llama-bench does, for the options -p, -n, -t and -r. */
  private static final String LLAMA_BENCH =
      """
      echo "$@" >> "$0.calls"
      while [ $# -gt 0 ]; do
        case $1 in
          -p) p=$2 ;; -n) n=$2 ;; -t) t=$2 ;; -r) r=$2 ;;
          -gp) p=${2%,*}; n=${2#*,} ;;
        esac
        shift 2
      done
      s=7000000
      [ "$r" = 1 ] || s="999, 8000000"
      printf '[\\n  {\\n "n_threads": %s,\\n "n_prompt": %s,\\n "n_gen": %s,\\n' "$t" "$p" "$n"
      printf ' "samples_ns": [ %s ],\\n "samples_ts": [ 1.0 ]\\n  }\\n]\\n' "$s"
      """;

  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void writeModel() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private Path script(String text) throws IOException {
    assumeTrue(Files.exists(Path.of("/bin/sh")), "skipped: needs a shell");
    Path script = Files.writeString(folder.resolve("peer"), "#!/bin/sh\n" + text);
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private String line(String peer, String options) {
    return "bench " + model + " -t 1 -o jsonl --compare " + peer + " " + options;
  }

  private static List<JsonNode> rows(Outcome run) throws IOException {
    assertThat(run.status()).as(run.err()).isZero();
    List<JsonNode> rows = new ArrayList<>();
    for (String row : run.out().lines().toList()) {
      rows.add(new ObjectMapper().readTree(row));
    }
    return rows;
  }

  @Test
  void measuresLlamaBenchInTurns() throws IOException {
    Path peer = script(LLAMA_BENCH);
    Outcome run = Outcome.of(line("ik_llama.cpp=" + peer, "-p 8 -n 4 -d 0,5 -r 2").split(" "));
    List<JsonNode> rows = rows(run);
    assertThat(rows)
        .extracting(row -> row.get("engine").asText() + row.get("n_depth") + row.get("n_gen"))
        .containsExactly(
            "myelin00",
            "ik_llama.cpp00",
            "myelin04",
            "ik_llama.cpp04",
            "myelin50",
            "myelin54",
            "ik_llama.cpp54");
    JsonNode prompt = rows.get(1);
    assertThat(prompt.get("samples_ns").toString()).isEqualTo("[8000000,8000000]");
    assertThat(prompt.get("avg_ts").asDouble()).isEqualTo(1000);
    assertThat(prompt.get("ratio_paired").asDouble()).isPositive();
    assertThat(prompt.get("first_token_ns").asLong()).isPositive();
    assertThat(prompt.get("build_commit").asText()).isEmpty();
    assertThat(run.err())
        .containsOnlyOnce("ik_llama.cpp: skipped: pp8 @ d5: its llama-bench has no prompts at a");
    List<String> calls = Files.readAllLines(Path.of(peer + ".calls"));
    String end = " -t 1 -b 512 -ub 512 -ctk f16 -ctv f16 -rtr 1 -o json";
    assertThat(calls)
        .startsWith("-m " + model + " -p 8 -n 0 -r 1 -w 0" + end)
        .contains("-m " + model + " -p 0 -n 0 -gp 5,4 -r 2 -w 1" + end)
        .hasSize(3 + 3 * 2);
  }

  /** Scripts that fail, in place of llama-bench, and the reasons that the command gives. */
  private static final Map<String, String> FAILING = new LinkedHashMap<>();

  static {
    FAILING.put("exit 3", "ended with status 3");
    FAILING.put(
        "echo 'error: no such thing' >&2; exit 1", "ended with status 1: error: no such thing");
    FAILING.put("true", "unexpected output: expected an array of one row");
    FAILING.put("echo '[ {'; true", "unexpected output: ");
    FAILING.put("echo '[ {\"n_threads\": 2} ]'", "unexpected output: n_threads: expected 1");
    FAILING.put("echo '[ {\"n_threads\": \"1\"} ]'", "unexpected output: n_threads: expected 1");
    FAILING.put("sleep 300", "no result within 1 s");
    FAILING.put("sleep 300 & wait", "no result within 1 s");
    FAILING.put("yes", "writes more than 4194304 bytes");
    FAILING.put("kill -SEGV $$", "ended with status 139");
  }

  /** All in one run, which measures Myelin once. */
  @Test
  void skipsLlamaBenchThatFails() throws IOException {
    List<String> peers = new ArrayList<>();
    for (String text : FAILING.keySet()) {
      Path script = script(text + "\n");
      Path peer = Files.move(script, folder.resolve("peer" + peers.size()));
      peers.add("ik_llama.cpp=" + peer);
    }
    String options = "-p 8 -n 4 -r 1 --peer-timeout 1";
    Outcome run = Outcome.of(line(String.join(",", peers), options).split(" "));
    assertThat(rows(run)).extracting(r -> r.get("engine").asText()).containsOnly("myelin");
    List<String> lines = run.err().lines().filter(l -> l.startsWith("ik_llama.cpp: ")).toList();
    assertThat(lines).hasSameSizeAs(peers);
    int at = 0;
    for (Map.Entry<String, String> failing : FAILING.entrySet()) {
      assertThat(lines.get(at++))
          .as(failing.getKey())
          .startsWith("ik_llama.cpp: skipped: pp8 in a new process: " + failing.getValue());
    }
  }

  @Test
  void skipsWhatIsMissing() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain"), "");
    String peers = "ik_llama.cpp=%s,ik_llama.cpp=%s,jinfer=%s:none.jar";
    String form = peers.formatted(folder, plain, plain);
    Outcome run = Outcome.of(line(form, "-p 8 -n 0 -r 1").split(" "));
    assertThat(rows(run)).hasSize(1);
    assertThat(run.err())
        .contains("ik_llama.cpp: skipped: " + folder + ": no such file\n")
        .contains("ik_llama.cpp: skipped: " + plain + ": not executable\n")
        .contains("jinfer: skipped: none.jar: no such file\n");
    Outcome adapter =
        Outcome.of((line("jinfer=" + plain, "-p 8 -n 0 -r 1 --cache-type f32")).split(" "));
    assertThat(adapter.err()).contains("jinfer: skipped: its benchmark has no option for the type");
  }

  @Test
  void jinferHasNoReferenceKernels() {
    PeerProgram program = new PeerProgram(folder.toString(), Duration.ofSeconds(1), "scalar");
    assertThatThrownBy(() -> new JinferRunner(program, model, List.of(), SessionOptions.defaults()))
        .hasMessage("its benchmark has no instruction set scalar");
  }

  /** The folder of a class in place of jinfer's benchmark. */
  private Path jinfer(String body) throws IOException {
    Path source = folder.resolve("JinferBench.java");
    Files.writeString(
        source,
        """
        package com.qxotic.jinfer.bench;
        public class JinferBench {
          public static void main(String[] args) throws Exception {
            String line = String.join(" ", args);
            int count = Integer.parseInt(line.replaceAll(".* -r (\\\\d+) .*", "$1"));
            String test = line.contains(" -n 0 ") ? "pp8" : "tg4";
            System.err.println("threads: " + System.getenv("JAM_NUM_THREADS"));
            %s
          }
        }
        """
            .formatted(body));
    Path classes = Files.createDirectory(folder.resolve("classes"));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString());
    assertThat(status).isZero();
    return classes;
  }

  @Test
  void measuresJinferAtOnce() throws IOException {
    Path classes =
        jinfer(
            """
            System.err.println("  " + test + "    [warmup  1]    17.00 t/s");
            for (int i = 0; i < count; i++) {
              System.err.printf("  %-6s [rep    %2d] %8.2f t/s%n", test, i, 500.0 + i);
            }
            Thread.sleep(100_000);
            """);
    Outcome run = Outcome.of(line("jinfer=" + classes, "-p 8 -n 4 -d 0,3 -r 2").split(" "));
    List<JsonNode> rows = rows(run);
    assertThat(rows).hasSize(6);
    JsonNode prompt = rows.get(1);
    assertThat(prompt.get("engine").asText()).isEqualTo("jinfer");
    assertThat(prompt.get("samples_ns").toString()).isEqualTo("[16000000,15968064]");
    assertThat(prompt.get("ratio").asDouble()).isPositive();
    assertThat(prompt.get("ratio_paired").isNull()).isTrue();
    assertThat(prompt.get("first_token_ns").asLong()).isPositive();
    assertThat(rows.get(3).get("samples_ns").toString()).isEqualTo("[8000000,7984032]");
    assertThat(run.err()).contains("jinfer: skipped: tg4 @ d3: its benchmark has no such test");
  }

  @Test
  void skipsJinferThatFails() throws IOException {
    Path classes = jinfer("throw new IllegalStateException(\"no such architecture\");");
    Outcome run = Outcome.of(line("jinfer=" + classes, "-p 8 -n 4 -r 1").split(" "));
    assertThat(rows(run)).hasSize(2);
    assertThat(run.err().lines().filter(l -> l.startsWith("jinfer")))
        .singleElement()
        .asString()
        .contains("skipped: pp8 in a new process: ended with status 1: Exception in thread")
        .endsWith("no such architecture");
  }

  @Test
  void endsPeersWithTheCommand() throws Exception {
    Path pid = folder.resolve("pid");
    Path peer = script("echo $$ > " + pid + ".part; mv " + pid + ".part " + pid + "; sleep 300\n");
    Process command =
        ChildProcess.myelin(List.of(), (Object[]) tail(line("ik_llama.cpp=" + peer, "-p 8 -n 0")))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out").toFile())
            .start();
    try {
      for (int i = 0; i < 600 && !Files.exists(pid); i++) {
        Thread.sleep(100);
      }
      long child = Long.parseLong(Files.readString(pid).strip());
      ChildProcess.signal(command, "TERM");
      assertThat(ChildProcess.exitStatus(command)).isEqualTo(143);
      for (int i = 0; i < 100 && ProcessHandle.of(child).isPresent(); i++) {
        Thread.sleep(100);
      }
      assertThat(ProcessHandle.of(child)).isEmpty();
    } finally {
      command.destroyForcibly();
    }
  }

  private static String[] tail(String line) {
    return line.split(" ");
  }

  /** The real programs, where the environment names them. */
  @ParameterizedTest
  @CsvSource({"ik_llama.cpp,MYELIN_TEST_IK_LLAMA_BENCH", "jinfer,MYELIN_TEST_JINFER"})
  void measuresRealProgram(String name, String variable) throws IOException {
    String path = System.getenv(variable);
    assumeTrue(path != null, "skipped: " + variable + " names no " + name);
    Path real = SharedData.path("models/stories260K-Q8_0.gguf");
    String options = " -p 16 -n 8 -r 2 -t 1 -o jsonl --compare " + name + "=" + path;
    List<JsonNode> rows = rows(Outcome.of(("bench " + real + options).split(" ")));
    assertThat(rows).as(name.toLowerCase(Locale.ROOT)).hasSize(4);
    for (JsonNode row : List.of(rows.get(1), rows.get(3))) {
      assertThat(row.get("engine").asText()).isEqualTo(name);
      assertThat(row.get("samples_ns")).hasSize(2);
      assertThat(row.get("peak_bytes").asLong()).isPositive();
    }
  }
}
