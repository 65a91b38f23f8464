package dev.myelin.inspect;

import dev.myelin.gguf.TensorInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A tensor and its role in the model. Immutable and thread-safe.
 *
 * @param layer the layer of the tensor, from 0; empty outside the layers
 */
public record InspectedTensor(
    TensorInfo info, Component component, OptionalInt layer, Access access, boolean isMatmul) {

  /** How much of a tensor is read per token. */
  public enum Access {
    /** The whole tensor. */
    ALL,
    /** The matrices of the experts that the router selects. */
    SELECTED_EXPERTS,
    /** One row of an embedding. */
    ONE_ROW
  }

  private static final Pattern EXPERT_NAMES =
      Pattern.compile("ffn_.*_(exps|chexps)\\..*|ffn_(gate|up|down)\\.\\d+\\..*");
  private static final Pattern EMBEDDING_NAMES =
      Pattern.compile("(.*\\.)?(\\w*token_embd|position_embd|token_types|embed_tokens)\\.weight");

  /** What is known from the name. */
  private record Kind(Component component, Access access) {
    static Kind of(TensorName name) {
      Access access = Access.ALL;
      if (EMBEDDING_NAMES.matcher(name.local()).matches()) {
        access = Access.ONE_ROW;
      } else if (EXPERT_NAMES.matcher(name.local()).matches()) {
        access = Access.SELECTED_EXPERTS;
      }
      return new Kind(Component.of(name), access);
    }
  }

  /** Classifies a tensor by its name and shape. */
  public static InspectedTensor of(TensorInfo info) {
    TensorName name = TensorName.of(info.name());
    return of(info, name, Kind.of(name));
  }

  /**
   * Classifies all tensors of a model. Names that are common to several layers are matched once.
   */
  public static List<InspectedTensor> ofAll(List<TensorInfo> tensors) {
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
    boolean isMatrix = info.dim(1) > 1 && name.local().endsWith(".weight");
    boolean isMatmul =
        isMatrix
            && kind.access != Access.ONE_ROW
            && kind.component != Component.NORMS
            && kind.component != Component.POSITIONS;
    return new InspectedTensor(info, kind.component, name.layer(), kind.access, isMatmul);
  }

  /** Number of parameters: the elements. */
  public long parameters() {
    return info.elements();
  }

  /** Parameters that are active for a token; 0 for embeddings, of which one row is read. */
  long activeParameters(ModelShape.Experts experts) {
    return switch (access) {
      case ONE_ROW -> 0;
      case ALL -> parameters();
      case SELECTED_EXPERTS -> experts.share(parameters());
    };
  }

  /** Bytes read per token. */
  long activeBytes(ModelShape.Experts experts) {
    return switch (access) {
      case ONE_ROW -> info.bytes() / Math.max(1, info.elements() / info.dim(0));
      case ALL -> info.bytes();
      case SELECTED_EXPERTS -> experts.share(info.bytes());
    };
  }
}
