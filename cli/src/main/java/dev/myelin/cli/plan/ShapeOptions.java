package dev.myelin.cli.plan;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.plan.Blueprint;
import dev.myelin.plan.Blueprint.Feature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model's shape, given by hand: a decoder as Llama has it. */
final class ShapeOptions {
  private final Subcommand command;
  private final Map<String, Subcommand.Value<Integer>> numbers = new LinkedHashMap<>();
  private final Subcommand.Value<Boolean> tied;

  ShapeOptions(Subcommand command) {
    this.command = command;
    number("--layers", "Layers of the shape.");
    number("--width", "Length of the residual stream.");
    number("--heads", "Heads of queries.");
    number("--kv-heads", "Heads of keys and values (default: as many).");
    number("--head-size", "Values of a head (default: the width over the heads).");
    number("--feed-forward", "Inner width of feed-forward layers, or of each expert.");
    number("--vocab", "Tokens of the vocabulary.");
    number("--experts", "Experts of a layer (default: none, a dense model).");
    number("--experts-used", "Experts that a token uses (default: 2).");
    tied = command.flag("The embedding is the output too.", "--tied");
  }

  private void number(String name, String description) {
    numbers.put(name, command.option(Integer.class, null, "N", description, name));
  }

  boolean isSet() {
    return tied.get() || numbers.values().stream().anyMatch(Subcommand.Value::isSet);
  }

  Blueprint blueprint() {
    List<String> missing = new ArrayList<>();
    for (String name : List.of("--layers", "--width", "--heads", "--feed-forward", "--vocab")) {
      if (!numbers.get(name).isSet()) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw Usage.wrong(command.spec, "a shape needs " + String.join(", ", missing) + " too");
    }
    return Usage.check(command.spec, this::checked);
  }

  private Blueprint checked() {
    int heads = number("--heads", 0);
    int inner = number("--feed-forward", 0);
    boolean sized = numbers.get("--head-size").isSet();
    Blueprint shape =
        Blueprint.gated(
            number("--layers", 0),
            number("--width", 0),
            sized ? 1 : heads,
            inner,
            number("--vocab", 0));
    int size = number("--head-size", shape.heads().size());
    shape = shape.heads(heads, number("--kv-heads", heads), size);
    if (numbers.get("--experts").isSet()) {
      shape = shape.experts(number("--experts", 0), number("--experts-used", 2), inner);
    } else if (numbers.get("--experts-used").isSet()) {
      throw Usage.wrong(command.spec, "--experts-used: expected with --experts");
    }
    return tied.get() ? shape.with(Feature.TIED) : shape;
  }

  private int number(String name, int otherwise) {
    Subcommand.Value<Integer> value = numbers.get(name);
    return value.isSet() ? value.get() : otherwise;
  }
}
