package dev.myelin.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.chat.ChatTemplate;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that is a module uses the engine, which needs java.base only. */
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

  @TempDir Path folder;

  @Test
  void aModuleRequiresTheEngine() throws Exception {
    Path jars = Files.createDirectory(folder.resolve("jars"));
    jar("engine", ChatTemplate.class, jars);
    jar("bindings", NativeLibraries.class, jars);
    Path out =
        compiled(List.of("-p", jars.toString()), "module app { requires dev.myelin.engine; }");
    assertThat(java("-p", jars + ":" + out, "-m", "app/app.App"))
        .isEqualTo("HI %\nmodule dev.myelin.engine\n");
  }

  @Test
  void theClassPathNeedsJavaBaseOnly() throws Exception {
    String path = location(ChatTemplate.class) + ":" + location(NativeLibraries.class);
    Path out = compiled(List.of("-cp", path), null);
    assertThat(java("--limit-modules", "java.base", "-cp", path + ":" + out, "app.App"))
        .startsWith("HI %\nunnamed module");
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /**
   * The jar of a module: as it was built, or the classes with the name that the build gives them.
   */
  private static void jar(String module, Class<?> type, Path jars) throws Exception {
    Path classes = location(type);
    Path jar = jars.resolve("myelin-" + module + "-0.1.0.jar");
    if (Files.isRegularFile(classes)) {
      Files.copy(classes, jar);
      return;
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Automatic-Module-Name", moduleName(module));
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

  private static String moduleName(String module) throws IOException {
    String pom = Files.readString(SharedData.projectRoot().resolve(module).resolve("pom.xml"));
    Matcher name = Pattern.compile("<myelin.module>(.*)</myelin.module>").matcher(pom);
    assertThat(name.find()).isTrue();
    return name.group(1);
  }

  private Path compiled(List<String> options, String moduleInfo) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assumeTrue(compiler != null, "skipped: this JVM has no compiler");
    Path source = Files.createDirectories(folder.resolve("src/app")).resolve("App.java");
    Files.writeString(source, RENDER);
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
