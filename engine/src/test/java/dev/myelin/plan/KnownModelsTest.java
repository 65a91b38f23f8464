package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.model.Architectures;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The keys make the published numbers of parameters. */
class KnownModelsTest {
  static List<KnownModel> models() {
    return KnownModels.all();
  }

  private record PublishedCount(double number, double lastDigit) {
    static PublishedCount of(String text) {
      double unit = text.endsWith("B") ? 1e9 : 1e6;
      BigDecimal number = new BigDecimal(text.substring(0, text.length() - 1));
      return new PublishedCount(number.doubleValue() * unit, Math.pow(10, -number.scale()) * unit);
    }

    /** Sources either round or truncate. */
    void matches(long least, long most) {
      assertThat((double) most).isGreaterThanOrEqualTo(number - 0.501 * lastDigit);
      assertThat((double) least).isLessThan(number + lastDigit);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void parametersMatchPublishedCount(KnownModel model) {
    PlannedModel subject = PlannedModel.of(model);
    PublishedCount.of(model.publishedParameters())
        .matches(subject.parameters(), subject.parameters());
    assertThat(model.source()).matches("https://(huggingface.co|arxiv.org|github.com)/\\S+");
    assertThat(subject.context()).isPositive();
    assertThat(KnownModels.find(model.id())).contains(model);
    if (model.publishedActive().isEmpty()) {
      assertThat(subject.experts().count()).isZero();
    } else {
      // some publishers count the embedding as active, some do not
      long embedding = subject.tensors().getFirst().elements();
      assertThat(subject.tensors().getFirst().name()).isEqualTo("token_embd.weight");
      PublishedCount.of(model.publishedActive())
          .matches(subject.active(), subject.active() + embedding);
    }
  }

  /** Number of elements in the published checkpoints. */
  @ParameterizedTest
  @CsvSource({
    "GPT-1 117M, 116534784",
    "GPT-2 124M, 124439808",
    "GPT-2 355M, 354823168",
    "GPT-2 774M, 774030080",
    "GPT-2 1.5B, 1557611200",
    "Llama 7B, 6738415616",
    "Llama 13B, 13015864320",
    "Llama 33B, 32528943616",
    "Llama 65B, 65285660672",
    "Llama 2 70B, 68976648192",
    "Llama 3 8B, 8030261248",
    "Llama 3.1 70B, 70553706496",
    "Llama 3.1 405B, 405853388800",
    "Llama 3.2 1B, 1235814400",
    "Llama 3.2 3B, 3212749824",
    "Mistral 7B v0.1, 7241732096",
    "Mistral 7B v0.3, 7248023552",
    "Mistral Nemo 12B, 12247782400",
    "Mistral Small 24B, 23572403200",
    "Qwen2.5 0.5B, 494032768",
    "Qwen2.5 1.5B, 1543714304",
    "Qwen2.5 3B, 3085938688",
    "Qwen2.5 7B, 7615616512",
    "Qwen2.5 14B, 14770033664",
    "Qwen2.5 32B, 32763876352",
    "Qwen2.5 72B, 72706203648",
    "Qwen3 0.6B, 596049920",
    "Qwen3 4B, 4022468096",
    "Qwen3 8B, 8190735360",
    "Qwen3 14B, 14768307200",
    "Qwen3 32B, 32762123264",
    "Qwen3 30B-A3B, 30532122624",
    "Gemma 2B, 2506172416",
    "Gemma 7B, 8537680896",
    "Gemma 2 2B, 2614341888",
    "Gemma 2 9B, 9241705984",
    "Gemma 2 27B, 27227128320",
    "Gemma 3 1B, 999885952",
    "Phi-3 mini 3.8B, 3821079552",
    "Phi-3 medium 14B, 13960238080",
    "Phi-4 14B, 14659507200",
    "Phi-4 mini 3.8B, 3836021760",
    "TinyLlama 1.1B, 1100048384",
    "SmolLM2 135M, 134515008",
    "SmolLM2 360M, 361821120",
    "SmolLM2 1.7B, 1711376384",
    "Mixtral 8x7B, 46702792704",
    "Mixtral 8x22B, 140620634112",
    "gpt-oss 20B, 20914757184",
    "gpt-oss 120B, 116829156672",
  })
  void parametersMatchCheckpoint(String name, long parameters) {
    KnownModel model = KnownModels.find(name).orElseThrow();
    assertThat(PlannedModel.of(model).parameters()).isEqualTo(parameters);
  }

  /** An architecture that Myelin runs has no other description. */
  @Test
  void otherArchitecturesAreNotSupported() {
    for (KnownModel model : models()) {
      String name = model.keys().architecture();
      assertThat(OtherArchitectures.has(name))
          .as(name)
          .isNotEqualTo(Architectures.names().contains(name));
    }
  }

  @Test
  void findIgnoresCaseAndPunctuation() {
    for (String name : List.of("llama-3.2-1b", "Llama 3.2 1B", "LLAMA3.2_1B", "llama 3 2 1b")) {
      assertThat(KnownModels.find(name).orElseThrow().name()).isEqualTo("Llama 3.2 1B");
    }
    assertThat(KnownModels.find("llama-9-1b")).isEmpty();
    assertThat(KnownModels.find("")).isEmpty();
    assertThat(KnownModels.all().stream().map(KnownModel::id).distinct().count())
        .isEqualTo(KnownModels.all().size());
  }
}
