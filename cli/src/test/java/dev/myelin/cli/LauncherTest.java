package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.testing.RandomModel;
import java.io.File;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code cli/bin/myelin} with the classes of the tests. */
class LauncherTest {
  @TempDir static Path root;
  static Path command;
  static Path model;

  @BeforeAll
  static void install() throws Exception {
    Path source = Path.of(System.getProperty("myelin.home"));
    Path script = source.resolve("cli/bin/myelin");
    assumeTrue(Files.isRegularFile(script), "skipped: no " + script);
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "skipped: no /bin/sh");
    Files.createDirectories(root.resolve("cli/bin"));
    Path target = Files.createDirectories(root.resolve("cli/target"));
    command = Files.copy(script, root.resolve("cli/bin/myelin"));
    Files.copy(script.resolveSibling("choose-compiler"), command.resolveSibling("choose-compiler"));
    command.toFile().setExecutable(true);
    Files.createSymbolicLink(root.resolve("native"), source.resolve("native"));
    Files.writeString(target.resolve("jdk"), System.getProperty("java.home") + "\n");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    try (OutputStream out = Files.newOutputStream(target.resolve("myelin.jar"))) {
      new JarOutputStream(out, manifest).close();
    }
    model = RandomModel.small("llama").write(root.resolve("model.gguf"));
  }

  /** Standard output and error combined, and the exit status. */
  private record Result(String text, int status) {}

  private static Result run(String script, Map<String, String> environment) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", script, "sh", command.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    builder.environment().putAll(environment);
    builder.environment().put("M", model.toString());
    // bytes, since the tests' JVM may run without a locale
    builder.redirectErrorStream(true);
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(text, ChildProcess.exitStatus(process));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "LC_ALL=POSIX",
        "LANG=xx_YY.UTF-8",
        "LC_TIME=xx_YY.UTF-8", // a missing locale makes setlocale fail for all
        "LC_ALL=xx_YY.ISO-8859-1",
        "COMMANDS=/nonexistent", // there is no command `locale`
      })
  void readsUtf8InAnyLocale(String variable) throws Exception {
    int equals = variable.indexOf('=');
    Map<String, String> environment =
        equals < 0
            ? Map.of()
            : Map.of(variable.substring(0, equals), variable.substring(equals + 1));
    // octal escapes: the script itself is ASCII
    String script =
        """
        f="${M%/*}/$(printf '\\305\\274\\303\\263\\305\\202w.gguf')"; cp "$M" "$f"
        PATH="${COMMANDS-$PATH}" "$1" inspect "$f"
        """;
    Result ran = run(script, environment);
    assertThat(ran.text()).startsWith(root + "/żółw.gguf: GGUF version 3");
    assertThat(ran.status()).isZero();
  }

  @Test
  void rejectsNonUtf8Argument() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/cmdline")), "skipped: needs Linux's /proc");
    assertThat(run("\"$1\" run -m \"$M\" -p \"$(printf 'F\\374e')\"", Map.of()))
        .isEqualTo(new Result("myelin: argument 'F\ufffde': expected UTF-8\n", 2));
    // U+FFFD itself is accepted
    assertThat(
            run("\"$1\" run -m \"$M\" -p \"$(printf '\\357\\277\\275')\" --nope", Map.of()).text())
        .startsWith("myelin run: unknown option '--nope'");
  }

  @Test
  void reportsClosedStandardInput() throws Exception {
    assertThat(run("\"$1\" run -m \"$M\" -f - -n 1 <&-", Map.of()))
        .isEqualTo(new Result("myelin: standard input: Bad file descriptor\n", 1));
  }

  @Test
  void reportsClosedStandardOutput() throws Exception {
    assertThat(run("\"$1\" version >&-", Map.of()))
        .isEqualTo(new Result("myelin: standard output: Bad file descriptor\n", 1));
    assertThat(run("\"$1\" version <&- >&- 2>&-", Map.of())).isEqualTo(new Result("", 1));
  }

  @Test
  void acceptsClosedStandardError() throws Exception {
    assertThat(run("\"$1\" run --nope 2>&-", Map.of())).isEqualTo(new Result("", 2));
  }

  /** Limits in KB. By default the JVM reserves gigabytes. */
  @ParameterizedTest
  @ValueSource(ints = {8_000_000, 4_000_000, 2_000_000, 1_000_000, 700_000})
  void runsInLimitedAddressSpace(int limit) throws Exception {
    Result ran = runLimited(limit, "run -m \"$M\" -p abc -n 3 --temp 0 --ignore-eos -t 2");
    assertThat(ran.text()).startsWith("abc").contains("generation");
    assertThat(ran.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {699_999, 100_000})
  void rejectsTooSmallAddressSpace(int limit) throws Exception {
    assertThat(runLimited(limit, "run -m \"$M\""))
        .isEqualTo(
            new Result(
                "myelin: the address space is limited to %d KB (ulimit -v): Myelin needs 700000 and the size of the model\n"
                    .formatted(limit),
                1));
  }

  @Test
  void reportsModelLargerThanAddressSpace() throws Exception {
    Path large = root.resolve("large.gguf");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(1L << 30); // sparse: uses no disk space
    }
    assertThat(runLimited(1_000_000, "run -m \"${M%/*}/large.gguf\" -p abc"))
        .isEqualTo(
            new Result(
                "myelin: "
                    + large
                    + ": cannot be read: not enough address space to map it (ulimit -v?)\n",
                1));
  }

  private static Result runLimited(int limit, String arguments) throws Exception {
    Result able = run("ulimit -v " + limit + " 2>/dev/null || echo unable", Map.of());
    assumeTrue(able.text().isEmpty(), "skipped: the shell cannot limit the address space");
    return run("ulimit -c 0; ulimit -v " + limit + "; \"$1\" " + arguments, Map.of());
  }
}
