package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Builds a graph that learns: a forward pass to a loss, its derivatives by ggml's reverse-mode
 * differentiation, and steps of an optimiser, all in one graph. First name the parameters, then
 * build the loss, then call {@link #differentiate}.
 */
public final class TrainingBuilder extends GraphBuilder {
  /** What {@link #adamw} reads: the learning rate and six more. */
  public static final int ADAMW_PARAMETERS = 7;

  /** The input that is to hold 1: the loss's derivative by itself. */
  public static final String SEED = "seed";

  /** Tensors that ggml makes to differentiate one operation, at most. */
  private static final int DERIVED = 12;

  /** Operations of which ggml 0.25 knows the derivative, and this project tests it. */
  private static final Set<String> DIFFERENTIABLE =
      Set.of(
          "ADD",
          "MUL",
          "SCALE",
          "SUM_ROWS",
          "REPEAT",
          "RMS_NORM",
          "MUL_MAT",
          "CONT",
          "RESHAPE",
          "VIEW",
          "PERMUTE",
          "TRANSPOSE",
          "GET_ROWS",
          "SOFT_MAX",
          "ROPE",
          "GLU",
          "CROSS_ENTROPY_LOSS");

  private final List<Tensor> parameters = new ArrayList<>();

  /**
   * @param nodes upper bound of the operations of the forward pass
   * @param parameters how many tensors are learned
   */
  public TrainingBuilder(int nodes, int parameters) {
    super(DERIVED * nodes + 16 * parameters, true);
  }

  @Override
  public boolean differentiable() {
    return true;
  }

  /**
   * A permutation's gradient is a permuted view, which few derivatives take. That of a reshaping is
   * made contiguous: so one stands between.
   */
  @Override
  public Tensor permute(Tensor a, int... to) {
    Tensor whole = a.isContiguous() ? a : contiguous(a);
    return super.permute(reshape4d(whole, a.dim(0), a.dim(1), a.dim(2), a.dim(3)), to);
  }

  /** A tensor with memory of its own that is to be learned. */
  public void parameter(Tensor t) {
    Shapes.check(isF32(t) && t.isContiguousFrom(0), "parameter", t);
    Ggml_h.ggml_set_param(t.struct());
    parameters.add(t);
  }

  /** Softmax of {@code scale * a + mask} by row; a [n, rows, ...], mask f32 [n, rows]. */
  public Tensor softMax(Tensor a, Tensor mask, float scale) {
    Shapes.check(
        isF32(a)
            && isF32(mask)
            && a.isContiguousFrom(0)
            && mask.isContiguousFrom(0)
            && mask.dim(0) == a.dim(0)
            && mask.dim(1) == a.dim(1)
            && mask.dim(2) * mask.dim(3) == 1,
        "softMax",
        a,
        mask);
    return wrap(Ggml_h.ggml_soft_max_ext(next(), a.struct(), mask.struct(), scale, 0f));
  }

  /**
   * Mean over the rows of -sum(labels * log(softmax(logits))), natural logarithm; both f32 [n,
   * rows]; gives [1].
   */
  public Tensor crossEntropy(Tensor logits, Tensor labels) {
    Shapes.check(
        isF32(logits)
            && isF32(labels)
            && Shapes.sameShape(logits, labels)
            && logits.isContiguousFrom(0)
            && labels.isContiguousFrom(0),
        "crossEntropy",
        logits,
        labels);
    return wrap(Ggml_h.ggml_cross_entropy_loss(next(), logits.struct(), labels.struct()));
  }

  /**
   * Adds the derivatives of a scalar loss by every parameter.
   *
   * @return the gradients, in the order of {@link #parameter}, each of its parameter's shape
   * @throws NativeLibraryException naming an operation without a derivative, or a parameter that
   *     the loss does not depend on
   */
  public List<Tensor> differentiate(Tensor loss) {
    Shapes.check(isF32(loss) && loss.elements() == 1 && !parameters.isEmpty(), "loss", loss);
    Ggml_h.ggml_set_loss(loss.struct());
    output("loss", loss);
    checkDerivatives();
    Ggml_h.ggml_build_backward_expand(room(0), graph(), MemorySegment.NULL);
    input(SEED, wrap(Ggml_h.ggml_graph_get_grad_acc(graph(), loss.struct())));
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor parameter : parameters) {
      MemorySegment gradient = Ggml_h.ggml_graph_get_grad(graph(), parameter.struct());
      if (gradient.address() == 0) {
        throw new NativeLibraryException(
            "graph: the loss does not depend on parameter " + parameter.name());
      }
      gradients.add(new Tensor(gradient));
    }
    return gradients;
  }

  /** ggml ends the process at an operation that it cannot differentiate: look before. */
  private void checkDerivatives() {
    Derivatives derivatives = new Derivatives(graph(), parameters);
    for (MemorySegment node : derivatives.needed()) {
      String name = Ggml_h.ggml_op_name(ggml_tensor.op(node)).getString(0);
      if (!DIFFERENTIABLE.contains(name)) {
        throw new NativeLibraryException(
            "graph: %s (%s) has no derivative".formatted(name, new Tensor(node)));
      }
    }
  }

  /** Square root of the sum of the squares of all elements, [1]. */
  public Tensor norm(List<Tensor> tensors) {
    Tensor sum = null;
    for (Tensor t : tensors) {
      Tensor flat = reshape2d(t.isContiguousFrom(0) ? t : contiguous(t), t.elements(), 1);
      Tensor square = matmul(flat, flat);
      sum = sum == null ? square : add(sum, square);
    }
    return wrap(Ggml_h.ggml_sqrt(next(), sum.struct()));
  }

  /**
   * Factor that brings a norm [1] down to {@code most}, 1 where it is no larger (Pascanu et al.
   * 2013).
   *
   * @param most f32 [1]
   */
  public Tensor clipFactor(Tensor norm, Tensor most, float limit) {
    return divide(most, clamp(norm, limit, Float.POSITIVE_INFINITY));
  }

  /**
   * A step of AdamW (Loshchilov and Hutter 2019) that changes the parameter and its moments.
   *
   * @param gradient of the parameter's shape
   * @param m first moment, of the parameter's shape
   * @param v second moment
   * @param settings f32 [7]: learning rate, beta1, beta2, epsilon, weight decay, 1 / (1 - beta1^t),
   *     1 / (1 - beta2^t)
   */
  public void adamw(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor settings) {
    Shapes.check(
        Shapes.sameShape(parameter, gradient)
            && Shapes.sameShape(parameter, m)
            && Shapes.sameShape(parameter, v)
            && isF32(gradient)
            && isF32(m)
            && isF32(v)
            && isF32(settings)
            && settings.elements() == ADAMW_PARAMETERS
            && parameters.contains(parameter),
        "adamw",
        parameter,
        gradient);
    expand(
        wrap(
            Ggml_h.ggml_opt_step_adamw(
                next(),
                parameter.struct(),
                gradient.struct(),
                m.struct(),
                v.struct(),
                settings.struct())));
  }

  /**
   * The derivative of a softmax reads its result after having written to its own: ggml's allocator
   * must not give both the same memory, as it does where that result is read for the last time.
   */
  private void keepSoftMax() {
    int count = Ggml_h.ggml_graph_n_nodes(graph());
    for (int i = 0; i < count; i++) {
      MemorySegment node = Ggml_h.ggml_graph_node(graph(), i);
      if (Ggml_h.ggml_op_name(ggml_tensor.op(node)).getString(0).equals("SOFT_MAX_BACK")) {
        Ggml_h.ggml_set_output(ggml_tensor.src(node, 1));
      }
    }
  }

  @Override
  public Graph finish() {
    keepSoftMax();
    try (Arena arena = Arena.ofConfined()) {
      Products.replaceIn(graph(), arena);
    }
    return super.finish();
  }

  /** An input of one f32. */
  public Tensor scalar(String name) {
    return input(name, GgmlType.F32, 1);
  }
}
