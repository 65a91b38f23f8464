package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.model.build.Sample;
import dev.myelin.pass.Output;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.ModelStates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Generates docs/architectures.md from the registry and compares it with the file; with the system
 * property {@code update} it writes the file.
 */
class ArchitecturesPageTest {
  private static final String HEAD =
      """
      # Architectures

      The values of `general.architecture` that Myelin runs. This page is generated from the registry: `-Dupdate=true` on `ArchitecturesPageTest` writes it again.
      Each variant is compared with libllama at every position by `ArchitectureContractTest`. How to add one: [adding-an-architecture.md](adding-an-architecture.md).
      `myelin info -m model.gguf` shows the same for a file, and whether its results depend on the batch.

      | architecture | models | stores | computes | variants tested |
      |---|---|---|---|---|
      """;

  @Test
  void pageIsUpToDate() throws IOException {
    StringBuilder page = new StringBuilder(HEAD);
    for (String name : Architectures.names()) {
      page.append(row(name)).append('\n');
    }
    Path file = Path.of(System.getProperty("myelin.home", ".."), "docs", "architectures.md");
    if (Boolean.getBoolean("update")) {
      Files.writeString(file, page);
    }
    assertThat(Files.readString(file)).isEqualTo(page.toString());
  }

  private static String row(String name) {
    List<Sample> samples = ModelDescription.samples(name);
    Set<String> stores = new LinkedHashSet<>();
    Set<String> computes = new LinkedHashSet<>();
    List<String> variants = new ArrayList<>();
    for (Sample sample : samples) {
      ModelDescription model = ModelDescription.of(name, sample);
      addStates(model.states(), stores);
      model.outputs().stream().map(Output::description).forEach(computes::add);
      variants.add(sample.name());
    }
    return "| `%s` | %s | %s | %s | %s |"
        .formatted(
            name,
            ModelDescription.title(name),
            String.join(", ", stores),
            String.join(", ", computes),
            String.join("; ", variants));
  }

  private static void addStates(ModelStates states, Set<String> stores) {
    for (KvState state : states.kv()) {
      if (state.scope() == Scope.ENCODER) {
        stores.add("keys and values of the encoder");
      } else if (state.scope() == Scope.SEQUENCE) {
        stores.add(what(state) + (state.window().isPresent() ? " in a window" : ""));
      }
    }
    if (!states.recurrent().isEmpty()) {
      stores.add("recurrent states");
    }
    if (stores.isEmpty()) {
      stores.add("nothing");
    }
  }

  private static String what(KvState state) {
    if (state.valuesInKeys()) {
      return "latent keys";
    }
    return state.valueSize() == 0 ? "keys of an indexer" : "keys and values";
  }
}
