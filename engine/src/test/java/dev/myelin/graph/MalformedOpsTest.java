package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

class MalformedOpsTest {
  /** In a process of its own, which ggml would end. */
  @Test
  void everyMalformedCallIsRejectedBeforeNativeCode() throws Exception {
    List<String> lines =
        ChildJvm.run(MalformedOpsProbe.class, 60, List.of("-Xmx256m")).lines().toList();
    assertThat(lines).hasSizeGreaterThan(130).allMatch(line -> line.endsWith(": rejected"));
  }
}
