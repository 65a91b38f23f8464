package dev.myelin.cli.plan;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.plan.DecoderShape;
import dev.myelin.plan.DecoderShape.Feature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The shape of a Llama-like decoder, as options. */
final class ShapeOptions {
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

  DecoderShape blueprint() {
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
    return Usage.check(command.spec, this::build);
  }

  private DecoderShape build() {
    int heads = number("--heads", 0);
    int inner = number("--feed-forward", 0);
    boolean sized = numbers.get("--head-size").isSet();
    DecoderShape shape =
        DecoderShape.llamaLike(
            number("--layers", 0),
            number("--width", 0),
            sized ? 1 : heads,
            inner,
            number("--vocab-size", 0));
    int size = number("--head-size", shape.heads().size());
    shape = shape.heads(heads, number("--kv-heads", heads), size);
    if (numbers.get("--experts").isSet()) {
      shape = shape.experts(number("--experts", 0), number("--experts-used", 2), inner);
    } else if (numbers.get("--experts-used").isSet()) {
      throw Usage.error(command.spec, "--experts-used: expected with --experts");
    }
    return tied.get() ? shape.with(Feature.TIED) : shape;
  }

  private int number(String name, int defaultValue) {
    Subcommand.Value<Integer> value = numbers.get(name);
    return value.isSet() ? value.get() : defaultValue;
  }
}
