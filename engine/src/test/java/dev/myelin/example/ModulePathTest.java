package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.chat.ChatTemplate;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications on the module path and on the class path. */
class ModulePathTest {
  private static final String RENDER =
      """
      package app;

      import dev.myelin.chat.ChatMessage;
      import dev.myelin.chat.ChatTemplate;
      import java.util.List;

      public class App {
        public static void main(String[] args) {
          ChatTemplate template =
              ChatTemplate.parse("{{ messages[0].content | upper }} {{ strftime_now('%%') }}", "", "");
          System.out.println(template.render(List.of(ChatMessage.user("hi")), true));
          System.out.println(ChatTemplate.class.getModule());
        }
      }
      """;

  private static final String GENERATE =
      """
      package app;

      import dev.myelin.generate.Session;
      import dev.myelin.generate.SessionOptions;
      import dev.myelin.model.Model;
      import java.nio.file.Path;

      public class App {
        public static void main(String[] args) {
          try (Model model = Model.load(Path.of(args[0]));
              Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
            session.feed(1, 2, 3);
            System.out.println(session.position() + " tokens, " + Model.class.getModule());
          }
        }
      }
      """;

  private static final String INTERNAL =
      """
      package app;

      public class App {
        dev.myelin.graph.Graph graph;
      }
      """;

  private static final String REQUIRES = "module app { requires dev.myelin.engine; }";

  @TempDir Path folder;

  @Test
  void aModuleRendersATemplate() throws Exception {
    Path jars = jars();
    Path out = compiled(RENDER, List.of("-p", jars.toString()), REQUIRES);
    assertThat(java("-p", jars + ":" + out, "-m", "app/app.App"))
        .isEqualTo("HI %\nmodule dev.myelin.engine\n");
  }

  @Test
  void aModuleRunsAModel() throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Path jars = jars();
    Path out = compiled(GENERATE, List.of("-p", jars.toString()), REQUIRES);
    String access = "--enable-native-access=dev.myelin.bindings,dev.myelin.engine";
    String home = "-Dmyelin.home=" + SharedData.projectRoot();
    assertThat(java(access, home, "-p", jars + ":" + out, "-m", "app/app.App", model.toString()))
        .isEqualTo("3 tokens, module dev.myelin.engine\n");
  }

  @Test
  void internalPackagesAreNotVisible() throws Exception {
    Path jars = jars();
    assertThatThrownBy(() -> compiled(INTERNAL, List.of("-p", jars.toString()), REQUIRES))
        .hasMessageContaining("package dev.myelin.graph is not visible");
  }

  @Test
  void theClassPathNeedsJavaBaseOnly() throws Exception {
    String path = location(ChatTemplate.class) + ":" + location(NativeLibraries.class);
    Path out = compiled(RENDER, List.of("-cp", path), null);
    assertThat(java("--limit-modules", "java.base", "-cp", path + ":" + out, "app.App"))
        .startsWith("HI %\nunnamed module");
  }

  private Path jars() throws Exception {
    Path jars = Files.createDirectory(folder.resolve("jars"));
    jar("engine", ChatTemplate.class, jars);
    jar("bindings", NativeLibraries.class, jars);
    Files.copy(location(JsonFactory.class), jars.resolve("jackson-core.jar"));
    return jars;
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** The jar of a module: as it was built, or of the classes. */
  private static void jar(String module, Class<?> type, Path jars) throws Exception {
    Path classes = location(type);
    Path jar = jars.resolve("myelin-" + module + "-0.1.0.jar");
    if (Files.isRegularFile(classes)) {
      Files.copy(classes, jar);
      return;
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
        Files.copy(each, out);
        out.closeEntry();
      }
    }
  }

  private Path compiled(String code, List<String> options, String moduleInfo) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeTrue(compiler != null, "skipped: this JVM has no compiler");
    Path source = Files.createDirectories(folder.resolve("src/app")).resolve("App.java");
    Files.writeString(source, code);
    Path out = folder.resolve("out");
    List<String> command = new ArrayList<>(options);
    command.addAll(List.of("-d", out.toString(), source.toString()));
    if (moduleInfo != null) {
      Path info = folder.resolve("src/module-info.java");
      command.add(Files.writeString(info, moduleInfo).toString());
    }
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    int status = compiler.run(null, messages, messages, command.toArray(String[]::new));
    assertThat(status).as("%s", messages).isZero();
    return out;
  }

  private static String java(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
