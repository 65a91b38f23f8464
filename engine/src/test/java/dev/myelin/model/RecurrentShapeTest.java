package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ModelFileException;
import dev.myelin.model.build.Sample;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes of recurrent layers that the kernels would assert are errors that name the key. */
class RecurrentShapeTest {
  @ParameterizedTest
  @CsvSource({
    "mamba2, ssm.conv_kernel, 1",
    "mamba2, ssm.inner_size, 252",
    "mamba2, ssm.inner_size, 2097152",
    "mamba2, ssm.state_size, 0",
    "mamba2, ssm.state_size, 16385",
    "mamba2, ssm.time_step_rank, 7",
    "mamba2, ssm.group_count, 0",
    "mamba2, ssm.group_count, 3",
    "mamba2, ssm.group_count, 16",
    "falcon-h1, ssm.group_count, 4",
    "falcon-h1, attention.head_count, 0",
    "falcon-h1, rope.dimension_count, 33",
    "qwen3next, ssm.state_size, 16",
    "qwen3next, ssm.group_count, 3",
    "qwen3next, full_attention_interval, 0",
    "qwen3next, nextn_predict_layers, 3",
  })
  void namesTheKey(String architecture, String key, int value) {
    Sample sample = ModelDescription.samples(architecture).getFirst().with(key, value);
    assertThatThrownBy(() -> ModelDescription.of(architecture, sample))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining(key.equals("ssm.inner_size") ? ".ssm." : "." + key);
  }
}
