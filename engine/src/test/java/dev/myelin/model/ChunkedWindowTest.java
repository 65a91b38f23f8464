package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.build.Sample;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.OracleJob;
import dev.myelin.testing.OracleProcess;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chunks of 8192 positions of Llama 4, and its temperature, which first changes at the position
 * before: both are constants that no prompt of {@link ArchitectureContractTest} reaches. Compares
 * the logits on both sides with libllama's.
 */
class ChunkedWindowTest {
  private static final double BOUND = 1e-6;
  private static final int CHUNK = 8192;
  private static final int TOKENS = CHUNK + 60;
  private static final int CONTEXT = 8448;
  private static final int BATCH = 512;
  private static final int VOCABULARY = 64;

  /** In the chunk before, whose pages the layers with chunks no longer need at the end. */
  private static final int REWOUND = CHUNK - 30;

  /** 4 layers: the first three with chunks, the last without RoPE. */
  private static final Sample LONG =
      Sample.decoder("long")
          .with("block_count", 4)
          .with("embedding_length", 32)
          .with("context_length", CONTEXT)
          .with("feed_forward_length", 32)
          .with("attention.head_count", 1)
          .with("attention.head_count_kv", 1)
          .with("attention.key_length", 16)
          .with("attention.value_length", 16)
          .with("rope.dimension_count", 16)
          .with("expert_count", 2)
          .with("expert_used_count", 1)
          .with("expert_feed_forward_length", 32)
          .with("interleave_moe_layer_step", 2)
          .with("vocab_size", VOCABULARY);

  private static final int[] IDS = Logits.randomTokens(TOKENS, VOCABULARY, 7);

  @TempDir static Path folder;

  @RegisterExtension private static final OracleProcess oracle = new OracleProcess();

  @Test
  void matchesLibllamaAcrossChunks() {
    Path file = write(LONG);
    OracleJob job = OracleJob.of("chunks", file, IDS, CONTEXT).withChunk(BATCH);
    Logits expected = oracle.run(job).logits();
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(BATCH))) {
      Logits actual = Logits.myelin(session, IDS, BATCH);
      compare(actual, expected);
      session.truncate(REWOUND);
      int[] tail = Arrays.copyOfRange(IDS, REWOUND, TOKENS);
      Logits again = Logits.myelin(session, tail, tail.length);
      assertThat(again.rows())
          .as("after a rewind")
          .isDeepEqualTo(rows(actual, REWOUND, TOKENS).rows());
    }
  }

  /** Tokens see the later chunks, but not the earlier ones. */
  @Test
  void matchesLibllamaWithoutCausality() {
    Path file = write(LONG.with("attention.causal", false));
    Logits expected = oracle.run(OracleJob.of("not causal", file, IDS, CONTEXT)).logits();
    try (Model model = Model.load(file);
        Session session = Session.open(model, options(CONTEXT))) {
      compare(Logits.myelin(session, IDS, TOKENS), expected);
    }
  }

  private static Path write(Sample sample) {
    return new RandomSample("llama4", sample).write(folder.resolve("long.gguf"));
  }

  private static SessionOptions options(int batch) {
    return new SessionOptions(CONTEXT, batch, 1, CacheType.F32);
  }

  /** The last position of a chunk is the first with another temperature. */
  private static void compare(Logits actual, Logits expected) {
    compare(actual, expected, 0, CHUNK - 1);
    compare(actual, expected, CHUNK - 1, CHUNK);
    compare(actual, expected, CHUNK, TOKENS);
  }

  private static void compare(Logits actual, Logits expected, int from, int to) {
    double nmse = rows(actual, from, to).nmse(rows(expected, from, to));
    System.out.println("chunks: positions %s to %s: %.1e".formatted(from, to - 1, nmse));
    assertThat(nmse).as("positions %s to %s", from, to - 1).isLessThanOrEqualTo(BOUND);
  }

  private static Logits rows(Logits all, int from, int to) {
    return new Logits(Arrays.copyOfRange(all.rows(), from, to));
  }
}
