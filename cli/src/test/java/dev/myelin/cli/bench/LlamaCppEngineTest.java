package dev.myelin.cli.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.testing.PeerBench;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlamaCppEngineTest {
  @Test
  void refusesAnUnknownPeer() {
    assertThatThrownBy(() -> Peers.of("other"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("peer other: known are llama.cpp");
  }

  @Test
  void measuresAModelWithAnAdapterBesideMyelin(@TempDir Path folder) {
    assumeThat(LlamaCpp.isAvailable()).as("no libllama beside this ggml").isTrue();
    PeerBench.check(Peers.of("llama.cpp"), folder);
  }
}
