package dev.myelin.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.cli.io.Units;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void writeMixture() {
    file = folder.resolve("mixture.gguf");
    GgufWriter w =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("general.name", "A\u001b[31mmixture\n")
            .put("llama.block_count", 1)
            .put("llama.embedding_length", 64)
            .put("llama.feed_forward_length", 96)
            .put("llama.context_length", 2048)
            .put("llama.attention.head_count", 2)
            .put("llama.attention.head_count_kv", 1)
            .put("llama.expert_count", 4)
            .put("llama.expert_used_count", 1)
            .put("tokenizer.ggml.model", "llama")
            .put("tokenizer.ggml.tokens", new String[] {"<unk>", "a", "b"});
    tensor(w, "token_embd.weight", GgmlType.F16, 64, 3);
    tensor(w, "blk.0.attn_q.weight", GgmlType.Q8_0, 64, 64);
    tensor(w, "blk.0.attn_k.weight", GgmlType.Q8_0, 64, 32);
    tensor(w, "blk.0.attn_v.weight", GgmlType.Q8_0, 64, 32);
    tensor(w, "blk.0.ffn_gate_inp.weight", GgmlType.F32, 64, 4);
    tensor(w, "blk.0.ffn_up_exps.weight", GgmlType.Q4_0, 64, 96, 4);
    tensor(w, "output_norm.weight", GgmlType.F32, 64);
    w.write(file);
  }

  private static void tensor(GgufWriter w, String name, GgmlType type, long... shape) {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    w.tensor(
        name, type, shape, MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes(elements))]));
  }

  @Test
  void printsTable() throws Exception {
    Outcome run = Outcome.of("inspect", file.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
            FILE: GGUF version 3, (guessed) Q4_0, SIZE

            name          A\\u001b[31mmixture\\n
            architecture  llama, 1 layer, width 64, feed-forward 96
            attention     2 heads of size 32, 1 KV head (2 per KV head)
            experts       4, 1 used per token
            context       2,048 tokens
            tokenizer     llama, 3 tokens

            component  tensors  parameters    share   bytes    share  bits/weight
            embedding        1         192    0.6 %     384    1.6 %        16.00
            attention        3       8,192   24.6 %   8,704   36.0 %         8.50
            experts          1      24,576   73.8 %  13,824   57.1 %         4.50
            router           1         256    0.8 %   1,024    4.2 %        32.00
            norms            1          64    0.2 %     256    1.1 %        32.00
            total            7      33,280  100.0 %  24,192  100.0 %         5.82

            type  tensors  parameters   share   bytes   share  bits/weight
            q4_0        1      24,576  73.8 %  13,824  57.1 %         4.50
            q8_0        3       8,192  24.6 %   8,704  36.0 %         8.50
            f32         2         320   1.0 %   1,280   5.3 %        32.00
            f16         1         192   0.6 %     384   1.6 %        16.00

            active  14,848 parameters per token (44.6 %), 64 in embedding rows
            tied    192 parameters are both embedding and output
            read    13,952 bytes of parameters per token
            flops   29.6 k per token, 256 per earlier position
            cache   f32 256, f16 128, q8_0 68 bytes per token; f16 262 kB for the full context
            """
                .replace("FILE", file.toString())
                .replace("SIZE", Units.bytes(Files.size(file))));
  }

  @Test
  void listsTensorsAndMetadata() {
    String plain = Outcome.of("inspect", file.toString()).out();
    String all = Outcome.of("inspect", file.toString(), "--tensors", "--metadata").out();
    assertThat(all).startsWith(plain);
    List<String> more = new ArrayList<>(all.substring(plain.length()).lines().toList());
    assertThat(more)
        .anyMatch(
            l -> l.matches("blk.0.ffn_up_exps.weight +experts +q4_0 +64 x 96 x 4 +24,576 +13,824"));
    assertThat(more)
        .anyMatch(l -> l.matches("tokenizer.ggml.tokens +str\\[3] +\"<unk>\", \"a\", \"b\""));
    assertThat(more).anyMatch(l -> l.matches("llama.context_length +u32 +2048"));
    assertThat(all).doesNotContain("\u001b");
  }

  @Test
  void printsJson() throws Exception {
    Outcome run = Outcome.of("inspect", "--json", "--tensors", file.toString());
    assertThat(run.status()).isZero();
    JsonNode root = new ObjectMapper().readTree(run.out());
    assertThat(names(root))
        .containsExactly(
            "file",
            "gguf_version",
            "files",
            "file_bytes",
            "file_type",
            "file_type_guessed",
            "model",
            "parameters",
            "components",
            "types",
            "cache",
            "unused_tensors",
            "flops_per_token",
            "tokenizer",
            "metadata",
            "tensors");
    assertThat(root.get("file_bytes").asLong()).isEqualTo(Files.size(file));
    JsonNode parameters = root.get("parameters");
    long multiplied = 8192 + 256 + 24576 / 4 + 192;
    assertThat(parameters.get("total").asLong()).isEqualTo(33_280);
    assertThat(parameters.get("active").asLong()).isEqualTo(multiplied + 64);
    assertThat(parameters.get("embedding_row").asLong()).isEqualTo(64);
    assertThat(parameters.get("tied").asLong()).isEqualTo(192);
    long read = 8704 + 1024 + 13_824 / 4 + 256 + 384 + 64 * 2;
    assertThat(parameters.get("bytes_per_token").asLong()).isEqualTo(read);
    assertThat(root.at("/flops_per_token/matmul").asLong()).isEqualTo(2 * multiplied);
    assertThat(root.at("/cache/bytes_per_token/f16").asLong()).isEqualTo(2 * 32 * 2);
    assertThat(root.at("/cache/bytes_per_token/q8_0").asLong()).isEqualTo(2 * 34);
    assertThat(root.at("/cache/sliding_window").isNull()).isTrue();
    assertThat(root.at("/model/name").asText()).isEqualTo("A\u001b[31mmixture\n");
    assertThat(root.at("/model/experts_used").asInt()).isEqualTo(1);
    assertThat(root.at("/tokenizer/tokens").asInt()).isEqualTo(3);
    double shares = 0;
    for (JsonNode component : root.get("components")) {
      shares += component.get("share_of_parameters").asDouble();
    }
    assertThat(shares).isCloseTo(1, within(1e-9));
    assertThat(root.get("tensors")).hasSize(7);
    assertThat(root.at("/tensors/5/shape").toString()).isEqualTo("[64,96,4]");
    assertThat(root.at("/tensors/5/layer").asInt()).isZero();
    assertThat(root.at("/tensors/0/layer").isNull()).isTrue();
  }

  @Test
  void printsJsonOfEmptyFile() throws Exception {
    Path empty = folder.resolve("empty.gguf");
    new GgufWriter().put("odd", Float.NaN).write(empty);
    Outcome run = Outcome.of("inspect", "--json", empty.toString());
    JsonNode root = new ObjectMapper().readTree(run.out());
    assertThat(root.get("cache").isNull()).isTrue();
    assertThat(root.get("tokenizer").isNull()).isTrue();
    assertThat(root.at("/model/layers").isNull()).isTrue();
    assertThat(root.has("tensors")).isFalse();
    assertThat(Outcome.of("inspect", empty.toString()).out()).contains("architecture  unknown");
  }

  @Test
  void reportsBadFilesAndWrongUsage() throws Exception {
    Path text = Files.writeString(folder.resolve("text.gguf"), "no model at all");
    Outcome bad = Outcome.of("inspect", text.toString());
    assertThat(bad.status()).isEqualTo(1);
    assertThat(bad.out()).isEmpty();
    assertThat(bad.err()).hasLineCount(1).contains("text.gguf");
    assertThat(Outcome.of("inspect", folder.resolve("none").toString()).status()).isEqualTo(1);

    for (String[] args :
        new String[][] {{"inspect"}, {"inspect", "a", "b"}, {"inspect", "--jso", "a"}}) {
      Outcome wrong = Outcome.of(args);
      assertThat(wrong.status()).isEqualTo(2);
      assertThat(wrong.out()).isEmpty();
      assertThat(wrong.err()).hasLineCount(1);
    }
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
