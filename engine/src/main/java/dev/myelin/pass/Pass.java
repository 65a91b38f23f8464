package dev.myelin.pass;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvState;
import dev.myelin.state.RecurrentState;
import java.util.List;
import java.util.function.Function;

/**
 * A forward pass under construction: the graph, its inputs, its attention and what it emits. {@link
 * CachedPass} is for inference, {@code dev.myelin.train.TrainingPass} for training; architectures
 * do not distinguish them.
 */
public interface Pass {
  GraphBuilder graph();

  /** Maximum number of positions; some models choose their RoPE factors by it. */
  int contextLength();

  /** Token ids, i32 [tokens]. */
  Tensor tokens();

  /** Positions, i32 [tokens]. */
  Tensor positions();

  /** The numbers of heads, from 0, for each token: i32 [heads, tokens]. */
  Tensor heads(int heads);

  /** The temperature of each token's queries: f32 [1, 1, tokens]. */
  Tensor temperature(Temperature temperature);

  /** {@code a + b}, b broadcast to the shape of a. */
  default Tensor add(Tensor a, Tensor b) {
    return graph().add(a, b);
  }

  /**
   * Begins the next layer, whose input x [width, tokens] may be asked for: {@link
   * Output#layerInput}. Called for each layer in turn.
   */
  default void layerInput(Tensor x) {}

  /**
   * Keeps only the positions whose output is requested: [n, tokens] to [n, outputs]. Called in the
   * last layer, after its attention. For {@link Output#SCORES} these are the first positions of the
   * sequences.
   */
  Tensor keep(Tensor x);

  /**
   * Zeroes the positions that the loss ignores, [n, tokens] to the same shape, so that no gradient
   * flows through them. Called on the input of the output matrix, and on the logits if they have a
   * bias.
   */
  default Tensor applyLossMask(Tensor x) {
    return x;
  }

  /**
   * Stores keys and values of the pass's tokens, and attends to those of all positions that each
   * token sees.
   *
   * @param q f32 [keySize, heads, tokens]
   * @param k f32 [keySize, kvHeads, tokens]
   * @param v f32 [valueSize, kvHeads, tokens]; null if the state has its values in the keys
   * @return f32 [valueSize * heads, tokens]
   */
  Tensor attend(KvState state, Tensor q, Tensor k, Tensor v, AttentionSpec spec);

  /**
   * Attends to keys and values that another layer or stage has stored.
   *
   * @param q f32 [keySize, heads, tokens]
   * @return f32 [valueSize * heads, tokens]
   */
  Tensor attend(KvState state, Tensor q, AttentionSpec spec);

  /**
   * Stores keys and values without attending to them.
   *
   * @param v null if the state stores no values
   */
  void store(KvState state, Tensor k, Tensor v);

  /**
   * The positions that sparse attention selects for each token by keys that were stored before: see
   * {@link GraphBuilder#select}.
   *
   * @param q f32 [keySize, heads, tokens]
   * @param weights f32 [heads, tokens]
   * @return i32 [topK, tokens]
   */
  Tensor select(KvState keys, Tensor q, Tensor weights, int topK);

  /**
   * The sequences of the batch, those with equally many tokens together, in the order of their
   * tokens: recurrent operations compute each group by itself.
   */
  List<SegmentGroup> groups();

  /**
   * Computes each group, and puts the results together in the order of the tokens.
   *
   * @param f gives [n, tokens] of a group
   * @return [n, tokens] of all
   */
  default Tensor byGroup(Function<SegmentGroup, Tensor> f) {
    Tensor all = null;
    for (SegmentGroup group : groups()) {
      Tensor part = f.apply(group);
      all = all == null ? part : graph().concat(all, part, 1);
    }
    return all;
  }

  /** The states before the first tokens of a group's sequences, f32 [elements, sequences]. */
  Tensor read(RecurrentState state, SegmentGroup group);

  /**
   * All slots of a state, f32 [elements, slots], of which {@link SegmentGroup#readSlots} are those
   * before the first tokens: for an operation that reads slots itself, without a copy.
   */
  Tensor slots(RecurrentState state);

  /** Stores the states after the last tokens of a group's sequences, f32 [elements, sequences]. */
  void write(RecurrentState state, Tensor value, SegmentGroup group);

  /** Whether an output is asked for: what leads to others only need not be computed. */
  boolean wants(Output output);

  /** Emits an output of the requested positions; dropped if nobody asks for it. */
  void emit(Output output, Tensor value);
}
