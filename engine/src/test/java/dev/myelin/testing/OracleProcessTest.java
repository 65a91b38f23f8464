package dev.myelin.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.bindings.peer.LlamaContext.Output;
import dev.myelin.gguf.GgmlType;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The oracle in a child JVM: what it returns, and what it says when libllama fails. */
class OracleProcessTest {
  private static final int CONTEXT = OracleModels.CONTEXT;

  /** Rounding differs with the number of tokens in a batch. */
  private static final double ROUNDING = 1e-10;

  private static final int[] TOKENS = Logits.randomTokens(40, OracleModels.VOCABULARY, 3);

  @TempDir static Path folder;

  @RegisterExtension private static final OracleProcess oracle = new OracleProcess();

  @Test
  void logitsAreThoseOfTheOracleInThisProcess() {
    Path file = llama("llama.gguf");
    Logits.Run run = new Logits.Run(file, TOKENS, CONTEXT, CacheType.F32, 1);
    OracleJob job = OracleJob.of("llama", file, TOKENS, CONTEXT);
    List<OracleProcess.Result> results =
        oracle.run(List.of(job, job.withFlashAttention(FlashAttention.ON).withChunk(3)));
    Logits off = Logits.libllama(run, FlashAttention.OFF, TOKENS.length);
    Logits on = Logits.libllama(run, FlashAttention.ON, 3);
    assertThat(results.get(0).rows()).isDeepEqualTo(off.rows());
    assertThat(results.get(1).rows()).isDeepEqualTo(on.rows());
    assertThat(on.nmse(off)).isPositive();
  }

  @Test
  void keysAndValuesHaveTypesOfTheirOwn() {
    OracleJob exact =
        OracleJob.of("cache", llama("cache.gguf"), TOKENS, CONTEXT)
            .withFlashAttention(FlashAttention.ON);
    Logits expected = oracle.run(exact).logits();
    Logits keys = oracle.run(exact.withCacheTypes(GgmlType.Q8_0, GgmlType.F32)).logits();
    Logits values = oracle.run(exact.withCacheTypes(GgmlType.F32, GgmlType.Q4_0)).logits();
    assertThat(keys.nmse(expected)).isBetween(1e-9, 1e-3);
    assertThat(values.nmse(expected)).isBetween(1e-6, 1e-1);
    assertThat(keys.nmse(values)).isPositive();
  }

  @Test
  void windowsAreTheSameWithASmallCache() {
    Path file = OracleModels.gemma2(folder.resolve("gemma2.gguf"));
    OracleJob job = OracleJob.of("gemma2", file, TOKENS, CONTEXT).withChunk(5);
    Logits full = oracle.run(job).logits();
    Logits small = oracle.run(job.withFullWindows(false)).logits();
    assertThat(small.nmse(full)).isLessThan(ROUNDING);
    assertThat(full.rows()).hasDimensions(TOKENS.length, OracleModels.VOCABULARY);
  }

  @Test
  void runsAStateInPieces() {
    Path file = OracleModels.mamba(folder.resolve("mamba.gguf"));
    OracleJob job = OracleJob.of("mamba", file, TOKENS, CONTEXT);
    Logits whole = oracle.run(job).logits();
    Logits single = oracle.run(job.withChunk(1)).logits();
    assertThat(single.nmse(whole)).isLessThan(ROUNDING);
    assertThat(finite(whole.rows())).isTrue();
  }

  @Test
  void poolsTheEmbeddingsOfAnEncoderWithoutACache() {
    Path file = OracleModels.bert(folder.resolve("bert.gguf"));
    OracleJob job = OracleJob.of("bert", file, TOKENS, CONTEXT).withOutput(Output.EMBEDDINGS);
    float[][] rows = oracle.run(job).rows();
    assertThat(rows).hasDimensions(TOKENS.length, OracleModels.WIDTH);
    assertThat(pooled(job, Output.CLS)).containsExactly(rows[0]);
    assertThat(pooled(job, Output.LAST)).containsExactly(rows[TOKENS.length - 1]);
    float[] mean = pooled(job, Output.MEAN);
    for (int i = 0; i < mean.length; i++) {
      int column = i;
      double sum = Arrays.stream(rows).mapToDouble(row -> row[column]).sum();
      assertThat((double) mean[i]).isCloseTo(sum / rows.length, within(1e-5));
    }
    assertThat(pooled(job, Output.POOLED)).containsExactly(mean);
    assertThat(pooled(job, Output.RANK)).hasSize(OracleModels.CLASSES);
    // not causal: the first position depends on the last
    int[] changed = TOKENS.clone();
    changed[TOKENS.length - 1] = (changed[TOKENS.length - 1] + 1) % OracleModels.VOCABULARY;
    OracleJob other = OracleJob.of("bert", file, changed, CONTEXT).withOutput(Output.CLS);
    assertThat(oracle.run(other).rows()[0]).isNotEqualTo(rows[0]);
    assertThat(oracle.run(job.withChunk(3)).failure()).contains("bert", "no cache", "one batch");
  }

  @Test
  void embeddingsOfADecoderComeFromItsCache() {
    OracleJob job =
        OracleJob.of("llama", llama("embed.gguf"), TOKENS, CONTEXT).withOutput(Output.EMBEDDINGS);
    Logits whole = oracle.run(job).logits();
    assertThat(oracle.run(job.withChunk(1)).logits().nmse(whole)).isLessThan(ROUNDING);
    assertThat(pooled(job, Output.LAST)).containsExactly(whole.rows()[TOKENS.length - 1]);
  }

  @Test
  void decodesWhatAnEncoderHasSeen() {
    Path file = OracleModels.t5(folder.resolve("t5.gguf"));
    int[] source = Logits.randomTokens(11, OracleModels.VOCABULARY, 5);
    OracleJob job = OracleJob.of("t5", file, TOKENS, CONTEXT).withEncoderTokens(source);
    Logits whole = oracle.run(job).logits();
    assertThat(whole.rows()).hasDimensions(TOKENS.length, OracleModels.VOCABULARY);
    assertThat(oracle.run(job.withChunk(3)).logits().nmse(whole)).isLessThan(ROUNDING);
    source[10] = (source[10] + 1) % OracleModels.VOCABULARY;
    Logits other = oracle.run(job.withEncoderTokens(source)).logits();
    assertThat(other.nmse(whole)).isGreaterThan(1e-6);
    OracleJob encoder = OracleJob.of("t5", file, new int[0], CONTEXT).withEncoderTokens(source);
    assertThat(oracle.run(encoder).rows()).hasDimensions(11, OracleModels.WIDTH);
    assertThat(oracle.run(job.withEncoderTokens()).failure()).contains("t5", "encoder's tokens");
  }

  @Test
  void namesTheJobThatLibllamaRefusesOrAborts() throws IOException {
    Path file = llama("good.gguf");
    Path broken = Files.write(folder.resolve("cut.gguf"), Arrays.copyOf(bytes(file), 5000));
    // 3 does not divide 8: the matmul of queries and keys aborts
    Path odd = folder.resolve("odd.gguf");
    ChangedModel changed = new ChangedModel(RandomModel.small("llama").writer().toBytes());
    changed.put("llama.attention.head_count_kv", 3);
    for (int layer = 0; layer < Shape.SMALL.layers(); layer++) {
      for (String matrix : List.of("attn_k", "attn_v")) {
        changed.tensor("blk." + layer + "." + matrix + ".weight", GgmlType.F32, 256, 3 * 32);
      }
    }
    changed.write(odd);
    OracleJob good = OracleJob.of("good", file, TOKENS, CONTEXT);
    OracleJob refused = OracleJob.of("refused", broken, TOKENS, CONTEXT);
    OracleJob aborted = OracleJob.of("aborted", odd, TOKENS, CONTEXT);
    // no function converts f32 to this type
    OracleJob crashed = good.withName("crashed").withCacheTypes(GgmlType.I32, GgmlType.I32);
    List<OracleProcess.Result> results = oracle.run(List.of(refused, good, aborted, crashed, good));
    assertThat(results.get(0).failure()).contains("refused (" + broken, "failed to read");
    assertThat(results.get(2).failure()).contains("aborted (" + odd, "signal 6", "GGML_ASSERT");
    assertThat(results.get(3).failure()).contains("crashed (" + file, "SIGSEGV");
    assertThat(results.get(4).rows()).isDeepEqualTo(results.get(1).rows());
    assertThatThrownBy(results.get(2)::rows)
        .isInstanceOf(AssertionError.class)
        .hasMessage(results.get(2).failure());
  }

  @Test
  void endsAJobAtTheTimeLimit() throws Exception {
    Path pipe = folder.resolve("pipe.gguf");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    // nobody writes to the pipe, so that libllama waits for it
    OracleJob hanging = OracleJob.of("hanging", pipe, TOKENS, CONTEXT);
    OracleJob good = OracleJob.of("good", llama("next.gguf"), TOKENS, CONTEXT);
    try (OracleProcess limited = new OracleProcess(Duration.ofMillis(2000))) {
      List<OracleProcess.Result> results = limited.run(List.of(hanging, good));
      assertThat(results.get(0).failure()).contains("hanging (" + pipe, "time limit of 2000 ms");
      assertThat(results.get(1).rows()).hasNumberOfRows(TOKENS.length);
    }
  }

  private static float[] pooled(OracleJob job, Output output) {
    float[][] rows = oracle.run(job.withOutput(output)).rows();
    assertThat(rows).hasNumberOfRows(1);
    return rows[0];
  }

  private static Path llama(String name) {
    return RandomModel.small("llama").write(folder.resolve(name));
  }

  private static byte[] bytes(Path file) throws IOException {
    return Files.readAllBytes(file);
  }

  private static boolean finite(float[][] rows) {
    for (float[] row : rows) {
      for (float value : row) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
    }
    return true;
  }
}
