package dev.myelin.cli.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.testing.PeerBench;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaCppEngineTest {
  @Test
  void refusesAnUnknownPeer() {
    assertThatThrownBy(() -> Peers.of("other", Duration.ofSeconds(1), null))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("peer other: known are llama.cpp, ik_llama.cpp=LLAMA-BENCH, jinfer=CLASSPATH");
  }

  @Test
  void measuresAModelWithAnAdapterBesideMyelin(@TempDir Path folder) {
    assumeTrue(LlamaCpp.isAvailable(), "no libllama beside this ggml");
    PeerBench.check(Peers.of("llama.cpp", Duration.ofMinutes(1), null), folder);
  }
}
