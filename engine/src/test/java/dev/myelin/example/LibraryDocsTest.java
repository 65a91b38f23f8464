package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.generate.TextSink;
import dev.myelin.model.Model;
import dev.myelin.testing.SharedData;
import dev.myelin.testing.TestModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compiles and runs every Java block of the README and of docs/library*.md as it is. A block is the
 * body of a method with the parameters {@code Path file}, the model, and {@code TextSink out}.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LibraryDocsTest {
  private static final String BEGIN =
      Stream.of(
                  "dev.myelin.adapter",
                  "dev.myelin.chat",
                  "dev.myelin.error",
                  "dev.myelin.generate",
                  "dev.myelin.gguf",
                  "dev.myelin.model",
                  "dev.myelin.runtime",
                  "dev.myelin.sampling",
                  "dev.myelin.snapshot",
                  "dev.myelin.tokenizer",
                  "java.lang.foreign",
                  "java.nio.file",
                  "java.util",
                  "java.util.concurrent",
                  "java.util.concurrent.atomic",
                  "java.util.stream")
              .map(name -> "import " + name + ".*; ")
              .reduce("", String::concat)
          + "public class Block%s { public static void run(Path file, TextSink out)"
          + " throws Exception {\n";
  private static final String END = "}}\n";

  /** The most that a block without a limit generates. */
  private static final int CONTEXT = 256;

  @TempDir static Path folder;
  private static ClassLoader compiled;

  private record Block(String page, int line, int number, String code) {
    @Override
    public String toString() {
      return page + " line " + line;
    }
  }

  private static List<Block> blocks() throws IOException {
    Path root = SharedData.projectRoot();
    List<Path> pages = new ArrayList<>();
    pages.add(root.resolve("README.md"));
    try (Stream<Path> docs = Files.list(root.resolve("docs"))) {
      docs.filter(page -> page.getFileName().toString().matches("library.*\\.md"))
          .sorted()
          .forEach(pages::add);
    }
    List<Block> blocks = new ArrayList<>();
    for (Path page : pages) {
      List<String> lines = Files.readAllLines(page);
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).equals("```java")) {
          int end = i + 1 + lines.subList(i + 1, lines.size()).indexOf("```");
          String code = String.join("\n", lines.subList(i + 1, end)) + "\n";
          blocks.add(new Block(page.getFileName().toString(), i + 2, blocks.size(), code));
        }
      }
    }
    assertThat(blocks).hasSizeGreaterThan(10);
    return blocks;
  }

  @BeforeAll
  static void compile() throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeTrue(compiler != null, "skipped: this JVM has no compiler");
    List<String> command = new ArrayList<>(List.of("-Xlint:all,-processing,-path", "-Werror"));
    command.addAll(List.of("-proc:none", "-d", folder.resolve("classes").toString(), "-cp"));
    command.add(location(Model.class) + ":" + location(NativeLibraries.class));
    for (Block block : blocks()) {
      Path source = folder.resolve("Block" + block.number + ".java");
      Files.writeString(source, BEGIN.formatted(block.number) + block.code + END);
      command.add(source.toString());
    }
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    int status = compiler.run(null, messages, messages, command.toArray(String[]::new));
    assertThat(status).as("%s\n%s", blocks(), messages).isZero();
    URL[] classes = {folder.resolve("classes").toUri().toURL()};
    compiled = new URLClassLoader(classes, Model.class.getClassLoader());
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static String run(Block block, Path model) throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
    try {
      TextSink out = System.out::print;
      compiled
          .loadClass("Block" + block.number)
          .getMethod("run", Path.class, TextSink.class)
          .invoke(null, model, out);
    } finally {
      System.setOut(before);
    }
    return written.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void runsWithTheBundledModel(Block block) throws Exception {
    Path resources = SharedData.projectRoot().resolve("cli/src/main/resources");
    assertThat(run(block, resources.resolve("dev/myelin/cli/stories.gguf"))).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void runsWithAnInstructModel(Block block) throws Exception {
    Path model = folder.resolve("instruct.gguf");
    if (!Files.exists(model)) {
      Files.copy(TestModels.path(TestModels.SMOL), model);
      limitContext(model);
    }
    assertThat(run(block, model)).isNotBlank();
  }

  /** Overwrites the context length of training, which the default context follows. */
  private static void limitContext(Path model) throws IOException {
    try (FileChannel file =
        FileChannel.open(model, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer start = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
      file.read(start, 0);
      byte[] key = "llama.context_length".getBytes(StandardCharsets.US_ASCII);
      int at =
          IntStream.range(0, start.capacity() - key.length)
              .filter(i -> start.slice(i, key.length).equals(ByteBuffer.wrap(key)))
              .findFirst()
              .orElseThrow();
      int value = at + key.length + Integer.BYTES; // after the type
      file.write(start.putInt(value, CONTEXT).slice(value, Integer.BYTES), value);
    }
  }
}
