package dev.myelin.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine in separate class loaders, as in an application server. */
class DeployTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  @Test
  void classLoaderIsCollectedAfterFeeding() throws Exception {
    assertThat(probe("again", "feed", List.of()))
        .containsExactly("1 works", "1 gone", "2 works", "2 gone", "3 works", "3 gone");
  }

  /** JDK caches keep classes softly reachable; with this JVM option only until the next GC. */
  @Test
  void classLoaderIsCollectedAfterAllWork() throws Exception {
    List<String> now = List.of("-XX:SoftRefLRUPolicyMSPerMB=0");
    assertThat(probe("again", "all", now))
        .containsExactly("1 works", "1 gone", "2 works", "2 gone", "3 works", "3 gone");
  }

  @Test
  void applicationsRunConcurrently() throws Exception {
    assertThat(probe("at-once", "all", List.of()))
        .containsExactly("1 works", "2 works", "3 works", "all of them compute the same");
  }

  @Test
  void deniedNativeAccessNamesJvmOption() throws Exception {
    List<String> output =
        ChildJvm.run(
                DeniedAccessProbe.class, 60, List.of(ChildJvm.DENY_NATIVE_ACCESS), model, folder)
            .lines()
            .toList();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      for (String entry : DeniedAccessProbe.ENTRY_POINTS) {
        expected.add(
            entry
                + ": the JVM denies native access: start it with"
                + " --enable-native-access=ALL-UNNAMED");
      }
    }
    assertThat(output).containsExactlyElementsOf(expected);
  }

  private List<String> probe(String how, String what, List<String> options) throws Exception {
    return ChildJvm.run(DeployProbe.class, 60, options, how, what, model).lines().toList();
  }
}
