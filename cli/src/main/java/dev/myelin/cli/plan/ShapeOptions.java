package dev.myelin.cli.plan;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.plan.ModelKeys;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The metadata keys of a model of the architecture {@code llama}, as options. */
final class ShapeOptions {
  /** The length of training is not asked for: the greatest default of {@code --context}. */
  private static final int CONTEXT = 4096;

  private final Subcommand command;
  private final Map<String, Subcommand.Value<Integer>> numbers = new LinkedHashMap<>();
  private final Subcommand.Value<Boolean> tied;

  ShapeOptions(Subcommand command) {
    this.command = command;
    number("--layers", "Number of layers.");
    number("--width", "Width of the residual stream (hidden size).");
    number("--heads", "Number of attention heads.");
    number("--kv-heads", "Number of KV heads (default: --heads).");
    number("--head-size", "Size of a head (default: width / heads).");
    number("--feed-forward", "Width of the feed-forward layers, or of each expert.");
    number("--vocab-size", "Size of the vocabulary.");
    number("--experts", "Experts per layer (default: 0, a dense model).");
    number("--experts-used", "Experts used per token (default: 2).");
    tied = command.flag("Tie the output to the embedding.", "--tied");
  }

  private void number(String name, String description) {
    numbers.put(name, command.option(Integer.class, null, "N", description, name));
  }

  boolean isSet() {
    return tied.get() || numbers.values().stream().anyMatch(Subcommand.Value::isSet);
  }

  ModelKeys keys() {
    List<String> missing = new ArrayList<>();
    for (String name :
        List.of("--layers", "--width", "--heads", "--feed-forward", "--vocab-size")) {
      if (!numbers.get(name).isSet()) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw Usage.error(command.spec, "the shape also needs " + String.join(", ", missing));
    }
    numbers.forEach(
        (name, value) -> {
          int least = name.equals("--experts") ? 0 : 1;
          require(!value.isSet() || value.get() >= least, name, least + " or more");
        });
    int width = number("--width", 0);
    int heads = number("--heads", 0);
    int kvHeads = number("--kv-heads", heads);
    require(heads % kvHeads == 0, "--kv-heads", "a divisor of --heads " + heads);
    ModelKeys keys =
        ModelKeys.decoder(
                "llama",
                number("--layers", 0),
                width,
                heads,
                number("--feed-forward", 0),
                number("--vocab-size", 0),
                CONTEXT)
            .kvHeads(kvHeads);
    if (numbers.get("--head-size").isSet()) {
      keys = keys.headSize(number("--head-size", 0));
    } else {
      require(
          width % heads == 0, "--heads", "a divisor of --width " + width + ", or --head-size N");
    }
    return tied.get() ? withExperts(keys) : withExperts(keys).untied();
  }

  private ModelKeys withExperts(ModelKeys keys) {
    int experts = number("--experts", 0);
    if (experts == 0 && numbers.get("--experts-used").isSet()) {
      throw Usage.error(command.spec, "--experts-used: expected with --experts");
    }
    if (experts == 0) {
      return keys;
    }
    int used = number("--experts-used", Math.min(2, experts));
    require(used <= experts, "--experts-used", "1 to " + experts);
    return keys.experts(experts, used);
  }

  /** Checks what the keys would be blamed for, so that the message names the option. */
  private void require(boolean isValid, String option, String expected) {
    if (!isValid) {
      throw Usage.error(
          command.spec, option + " " + numbers.get(option).get() + ": expected " + expected);
    }
  }

  private int number(String name, int defaultValue) {
    Subcommand.Value<Integer> value = numbers.get(name);
    return value.isSet() ? value.get() : defaultValue;
  }
}
