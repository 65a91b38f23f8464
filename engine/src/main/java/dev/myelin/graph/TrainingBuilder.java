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
 * Builds a training graph: forward pass, loss, gradients by ggml's reverse-mode differentiation,
 * and optimiser steps, all in one graph. Add the parameters first, then build the loss, then call
 * {@link #differentiate}.
 */
public final class TrainingBuilder extends GraphBuilder {
  /** Number of settings that {@link #adamw} reads: the learning rate and six more. */
  public static final int ADAMW_PARAMETERS = 7;

  /** Name of the input that holds the gradient of the loss; set it to 1. */
  public static final String LOSS_GRADIENT = "loss_grad";

  /** Maximum number of tensors that ggml adds to differentiate one operation. */
  private static final int MAX_BACKWARD_NODES = 12;

  /** Operations whose derivative ggml 0.25 implements and this project tests. */
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

  /** GGML_GLU_OP_SWIGLU. */
  private static final int SWIGLU = 2;

  /** Index of the first rotated value among the parameters of ggml's rope. */
  private static final int ROPE_OFFSET = 15;

  private final List<Tensor> parameters = new ArrayList<>();

  @Override
  public boolean isDifferentiable() {
    return true;
  }

  /**
   * Inserts a reshape before the permutation. The gradient of a permutation is a permuted view,
   * which few backward operations accept; the gradient of a reshape is contiguous.
   */
  @Override
  public Tensor permute(Tensor a, int... to) {
    Tensor contiguous = a.isContiguous() ? a : contiguous(a);
    return super.permute(reshape4d(contiguous, a.dim(0), a.dim(1), a.dim(2), a.dim(3)), to);
  }

  /** Adds a tensor to be trained, which has memory of its own. */
  public void addParameter(Tensor t) {
    Shapes.check(Shapes.isF32(t) && t.isContiguousFrom(0), "addParameter", t);
    Ggml_h.ggml_set_param(t.struct());
    // ggml lists parameters among the nodes
    context.count(1);
    parameters.add(t);
  }

  /**
   * Mean over the rows of -sum(labels * log(softmax(logits))), natural logarithm; both f32 [n,
   * rows]; gives [1].
   */
  public Tensor crossEntropy(Tensor logits, Tensor labels) {
    Shapes.check(
        Shapes.isF32(logits)
            && Shapes.isF32(labels)
            && Shapes.isSameShape(logits, labels)
            && logits.isContiguousFrom(0)
            && labels.isContiguousFrom(0),
        "crossEntropy",
        logits,
        labels);
    return wrap(Ggml_h.ggml_cross_entropy_loss(ctx(2), logits.struct(), labels.struct()));
  }

  /**
   * Adds the gradients of a scalar loss with respect to every parameter.
   *
   * @return the gradients in the order of {@link #addParameter}, each with its parameter's shape
   * @throws NativeLibraryException naming an operation without a derivative, or a parameter that
   *     the loss does not depend on
   */
  public List<Tensor> differentiate(Tensor loss) {
    Shapes.check(Shapes.isF32(loss) && loss.elements() == 1 && !parameters.isEmpty(), "loss", loss);
    Ggml_h.ggml_set_loss(loss.struct());
    output("loss", loss);
    int added = MAX_BACKWARD_NODES * context.nodes() + 16 * parameters.size();
    MemorySegment graph = context.newGraph(added, true);
    expandInto(graph);
    checkDerivatives(graph);
    TensorContext backward = context.block(added);
    Ggml_h.ggml_build_backward_expand(backward.reserve(added), graph, MemorySegment.NULL);
    context.count(backward.described());
    replaceRoots(graph);
    markInput(LOSS_GRADIENT, wrap(Ggml_h.ggml_graph_get_grad_acc(graph, loss.struct())));
    List<Tensor> gradients = new ArrayList<>();
    for (Tensor parameter : parameters) {
      MemorySegment gradient = Ggml_h.ggml_graph_get_grad(graph, parameter.struct());
      if (gradient.address() == 0) {
        throw new NativeLibraryException(
            "graph: the loss does not depend on parameter " + parameter.name());
      }
      gradients.add(wrap(gradient));
    }
    return gradients;
  }

  /** Checks all operations first: ggml aborts the process at one that it cannot differentiate. */
  private void checkDerivatives(MemorySegment graph) {
    for (MemorySegment node : new GradientPath(graph, parameters).nodes()) {
      String name = Ggml_h.ggml_op_name(ggml_tensor.op(node)).getString(0);
      if (!DIFFERENTIABLE.contains(name) || !isDifferentiableForm(name, node)) {
        throw new NativeLibraryException(
            "graph: %s (%s) has no derivative".formatted(name, new Tensor(node)));
      }
    }
  }

  /** Whether ggml's derivative takes account of what this node does beyond the plain operation. */
  private static boolean isDifferentiableForm(String name, MemorySegment node) {
    return switch (name) {
      case "GLU" -> ggml_tensor.op_params(node, 0) == SWIGLU;
      case "ROPE" -> ggml_tensor.op_params(node, ROPE_OFFSET) == 0;
      case "SOFT_MAX" -> ggml_tensor.src(node, 2).address() == 0; // sinks
      default -> true;
    };
  }

  /** Euclidean norm of all elements of all tensors, [1]. */
  public Tensor globalNorm(List<Tensor> tensors) {
    Tensor sum = null;
    for (Tensor t : tensors) {
      Tensor flat = reshape2d(t.isContiguousFrom(0) ? t : contiguous(t), t.elements(), 1);
      Tensor square = matmul(flat, flat);
      sum = sum == null ? square : add(sum, square);
    }
    return sqrt(sum);
  }

  /**
   * Factor of gradient clipping: {@code maxNorm / norm}, or 1 if the norm is not larger (Pascanu et
   * al. 2013).
   *
   * @param maxNorm f32 [1]
   * @param limit the value of {@code maxNorm}
   */
  public Tensor clipFactor(Tensor norm, Tensor maxNorm, float limit) {
    return divide(maxNorm, clamp(norm, limit, Float.POSITIVE_INFINITY));
  }

  /**
   * Adds an AdamW step (Loshchilov and Hutter 2019), which updates the parameter and its moments.
   *
   * @param gradient with the parameter's shape
   * @param m first moment, with the parameter's shape
   * @param v second moment
   * @param settings f32 [7]: learning rate, beta1, beta2, epsilon, weight decay, 1 / (1 - beta1^t),
   *     1 / (1 - beta2^t)
   */
  public void adamw(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor settings) {
    Shapes.check(
        Shapes.isSameShape(parameter, gradient)
            && Shapes.isSameShape(parameter, m)
            && Shapes.isSameShape(parameter, v)
            && Shapes.isF32(gradient)
            && Shapes.isF32(m)
            && Shapes.isF32(v)
            && Shapes.isF32(settings)
            && settings.elements() == ADAMW_PARAMETERS
            && parameters.contains(parameter),
        "adamw",
        parameter,
        gradient);
    expand(
        wrap(
            Ggml_h.ggml_opt_step_adamw(
                ctx(5),
                parameter.struct(),
                gradient.struct(),
                m.struct(),
                v.struct(),
                settings.struct())));
  }

  /**
   * Keeps the outputs of softmax operations. Their derivative reads that output after it has
   * written its own result, but ggml's allocator would reuse the memory if this is the output's
   * last use.
   */
  private static void keepSoftmaxOutputs(MemorySegment graph) {
    int count = Ggml_h.ggml_graph_n_nodes(graph);
    for (int i = 0; i < count; i++) {
      MemorySegment node = Ggml_h.ggml_graph_node(graph, i);
      if (Ggml_h.ggml_op_name(ggml_tensor.op(node)).getString(0).equals("SOFT_MAX_BACK")) {
        Ggml_h.ggml_set_output(ggml_tensor.src(node, 1));
      }
    }
  }

  @Override
  void complete(MemorySegment graph) {
    keepSoftmaxOutputs(graph);
    try (Arena arena = Arena.ofConfined()) {
      SgemmRewriter.rewrite(graph, arena);
    }
  }

  /** Adds an input of one f32. */
  public Tensor scalarInput(String name) {
    return input(name, GgmlType.F32, 1);
  }
}
