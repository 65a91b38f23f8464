package dev.myelin.cli.info;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.myelin.cli.io.Json;
import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.state.KvState;
import dev.myelin.state.ModelStates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a model is computed on this machine.
 *
 * @param dependence the first operation that is not batch invariant, if any
 */
record ModelReport(String file, ModelInfo info, Optional<String> dependence) {
  private static final int CONTEXT = 64;

  static ModelReport of(Checkpoint checkpoint) {
    SessionOptions options =
        SessionOptions.defaults().withContextLength(CONTEXT).withBatch(CONTEXT).withThreads(1);
    try (Model model = Model.load(checkpoint);
        Session session = Session.open(model, options)) {
      return new ModelReport(checkpoint.path().toString(), model.info(), session.batchDependence());
    }
  }

  void addTo(TextTable table) {
    table.row("model", file);
    table.row(
        "architecture",
        "%s, %s layers, width %s, %s tokens of context, vocabulary %s"
            .formatted(
                info.architecture(),
                info.layers().size(),
                info.width(),
                info.contextLength(),
                info.vocabulary()));
    table.row("outputs", String.join(", ", outputs()));
    table.row("states", states(info.states()));
    table.row(
        "batch invariant",
        dependence.map(operation -> "no: " + operation + " depends on the batch").orElse("yes"));
  }

  ObjectNode json() {
    ObjectNode node = Json.object();
    node.put("file", file);
    node.put("architecture", info.architecture());
    node.put("layers", info.layers().size());
    node.put("width", info.width());
    node.put("context_length", info.contextLength());
    node.put("vocabulary", info.vocabulary());
    ArrayNode outputs = node.putArray("outputs");
    outputs().forEach(outputs::add);
    node.put("states", states(info.states()));
    node.put("batch_invariant", dependence.isEmpty());
    node.put("batch_dependence", dependence.orElse(null));
    return node;
  }

  private List<String> outputs() {
    List<String> outputs = new ArrayList<>();
    if (info.hasLogits()) {
      outputs.add("logits");
    }
    if (info.hasHiddenStates()) {
      outputs.add("hidden states");
    }
    return outputs;
  }

  /** States of the same shape are counted together. */
  private static String states(ModelStates states) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (KvState state : states.kv()) {
      counts.merge(text(state), 1, Integer::sum);
    }
    List<String> lines = new ArrayList<>();
    counts.forEach((text, count) -> lines.add(count + " " + text));
    if (!states.recurrent().isEmpty()) {
      lines.add(
          states.recurrent().size() + " recurrent of " + Units.bytes(states.recurrentBytes()));
    }
    return lines.isEmpty() ? "none" : String.join("; ", lines);
  }

  private static String text(KvState state) {
    String heads = state.kvHeads() == 1 ? " head of " : " heads of ";
    String values = state.valueSize() == state.keySize() ? "" : ", values of " + state.valueSize();
    String shape = "of " + state.kvHeads() + heads + state.keySize() + values;
    String window = state.window().isPresent() ? ", window of " + state.window().size() : "";
    return switch (state.scope()) {
      case SEQUENCE -> "caches " + shape + window;
      case PASS -> "buffer " + shape + window + ", of one pass";
      case ENCODER -> "caches " + shape + ", of the encoder";
    };
  }
}
