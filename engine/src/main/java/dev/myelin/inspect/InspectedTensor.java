package dev.myelin.inspect;

import dev.myelin.gguf.TensorInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A tensor, and what it is for.
 *
 * @param layer the layer it belongs to, counted from 0; none for what lies outside of them
 */
public record InspectedTensor(
    TensorInfo info, Component component, OptionalInt layer, Use use, boolean multiplies) {

  /** How much of a tensor the computation of one token reads. */
  public enum Use {
    /** All of it. */
    WHOLE,
    /** The share of the experts that the router chooses. */
    ROUTED,
    /** One row: an embedding. */
    ROW
  }

  private static final Pattern ROUTED =
      Pattern.compile("ffn_.*_(exps|chexps)\\..*|ffn_(gate|up|down)\\.\\d+\\..*");
  private static final Pattern ROWS =
      Pattern.compile("(.*\\.)?(\\w*token_embd|position_embd|token_types|embed_tokens)\\.weight");

  /** What a name tells. */
  private record Kind(Component component, Use use) {
    static Kind of(TensorName name) {
      Use use = Use.WHOLE;
      if (ROWS.matcher(name.local()).matches()) {
        use = Use.ROW;
      } else if (ROUTED.matcher(name.local()).matches()) {
        use = Use.ROUTED;
      }
      return new Kind(Component.of(name), use);
    }
  }

  /** Told by its name and shape. */
  public static InspectedTensor of(TensorInfo info) {
    TensorName name = TensorName.of(info.name());
    return of(info, name, Kind.of(name));
  }

  /** All tensors of a model; names that layers have in common are looked at once. */
  public static List<InspectedTensor> all(List<TensorInfo> tensors) {
    Map<String, Kind> kinds = new HashMap<>();
    List<InspectedTensor> all = new ArrayList<>(tensors.size());
    for (TensorInfo info : tensors) {
      TensorName name = TensorName.of(info.name());
      Kind kind = kinds.get(name.local());
      if (kind == null) {
        kind = Kind.of(name);
        kinds.put(name.local(), kind);
      }
      all.add(of(info, name, kind));
    }
    return List.copyOf(all);
  }

  private static InspectedTensor of(TensorInfo info, TensorName name, Kind kind) {
    boolean matrix = info.dim(1) > 1 && name.local().endsWith(".weight");
    boolean multiplies =
        matrix
            && kind.use != Use.ROW
            && kind.component != Component.NORMS
            && kind.component != Component.POSITIONS;
    return new InspectedTensor(info, kind.component, name.layer(), kind.use, multiplies);
  }

  /** Its parameters: every element counts as one. */
  public long parameters() {
    return info.elements();
  }

  /** Those of its parameters that a token's computation reads, where it is not a row. */
  long active(ModelShape.Experts experts) {
    return switch (use) {
      case ROW -> 0;
      case WHOLE -> parameters();
      case ROUTED -> experts.share(parameters());
    };
  }

  /** The bytes of those, and of a row. */
  long activeBytes(ModelShape.Experts experts) {
    return switch (use) {
      case ROW -> info.bytes() / Math.max(1, info.elements() / info.dim(0));
      case WHOLE -> info.bytes();
      case ROUTED -> experts.share(info.bytes());
    };
  }
}
