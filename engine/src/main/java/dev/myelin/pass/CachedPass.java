package dev.myelin.pass;

import dev.myelin.graph.AdapterRanges;
import dev.myelin.graph.AttentionParameters;
import dev.myelin.graph.CachePages;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvCache;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.RecurrentState;
import dev.myelin.state.StatePool;
import dev.myelin.state.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A forward pass for inference, which reads and writes the states of sequences. Its inputs are
 * declared when the network asks for them, and filled from each batch by {@link #fill}.
 */
public final class CachedPass implements Pass {
  /**
   * The shape of a pass; graphs are reused by shape.
   *
   * @param stage name of the network's stage
   * @param emitted what is asked for
   * @param groups numbers of sequences and of tokens of each, in turns: of the sequences with
   *     equally many tokens. Empty if the model has no recurrent states
   * @param adapters of the tokens
   */
  public record Shape(
      String stage,
      int tokens,
      int outputs,
      Set<Output> emitted,
      List<Integer> groups,
      AdapterRanges adapters) {
    /** The shape of a batch. */
    public static Shape of(String stage, Batch batch, Set<Output> emitted, boolean isRecurrent) {
      List<Integer> groups = isRecurrent ? groups(batch) : List.of();
      return new Shape(
          stage, batch.tokens(), batch.outputs(), emitted, groups, batch.adapterRanges());
    }

    private static List<Integer> groups(Batch batch) {
      List<Integer> groups = new ArrayList<>();
      for (Segment s : batch.segments()) {
        int last = groups.size() - 1;
        if (last > 0 && groups.get(last) == s.count()) {
          groups.set(last - 1, groups.get(last - 1) + 1);
        } else {
          groups.add(1);
          groups.add(s.count());
        }
      }
      return groups;
    }

    // The generated equals keeps this class softly reachable from a JDK cache, which would delay
    // the unloading of the class loader until memory is short.
    @Override
    public boolean equals(Object other) {
      return other instanceof Shape s
          && tokens == s.tokens
          && outputs == s.outputs
          && stage.equals(s.stage)
          && emitted.equals(s.emitted)
          && groups.equals(s.groups)
          && adapters.equals(s.adapters);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * tokens + outputs) + stage.hashCode();
    }
  }

  private final GraphBuilder graph;
  private final Shape shape;
  private final StatePool states;
  private final int contextLength;
  private final Map<String, GraphInput> inputs = new HashMap<>();
  private final List<GraphInput> all = new ArrayList<>();
  private final List<SegmentGroup> groups = new ArrayList<>();
  private int layer;
  private int layerInputs;
  private boolean isComplete;

  /**
   * @param contextLength context length of the session; some models choose their RoPE factors by it
   */
  public CachedPass(GraphBuilder graph, Shape shape, StatePool states, int contextLength) {
    this.graph = graph;
    this.shape = shape;
    this.states = states;
    this.contextLength = contextLength;
  }

  /** Fills the inputs of the finished graph. */
  public void fill(Graph finished, Batch batch) {
    for (GraphInput input : all) {
      if (input.tensor().hasMemory()) {
        input.fill(finished, batch);
      }
    }
  }

  @Override
  public GraphBuilder graph() {
    return graph;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public Tensor tokens() {
    GraphInput input = inputs.get("tokens");
    return (input == null ? add("tokens", TokenInput.of(graph, shape.tokens())) : input).tensor();
  }

  @Override
  public Tensor positions() {
    GraphInput input = inputs.get("positions");
    return (input == null ? add("positions", PositionInput.of(graph, shape.tokens())) : input)
        .tensor();
  }

  @Override
  public Tensor heads(int heads) {
    String key = "heads_" + heads;
    GraphInput input = inputs.get(key);
    return (input == null ? add(key, HeadInput.of(graph, key, heads, shape.tokens())) : input)
        .tensor();
  }

  @Override
  public Tensor temperature(Temperature temperature) {
    String key = temperature.toString();
    GraphInput input = inputs.get(key);
    if (input == null) {
      input = add(key, TemperatureInput.of(graph, key, temperature, shape.tokens()));
    }
    return input.tensor();
  }

  @Override
  public void layerInput(Tensor x) {
    Output output = Output.layerInput(layer++);
    if (wants(output)) {
      graph.output(output.tensorName(), keep(x));
      layerInputs++;
      // the layers after it are computed only for the states that they store
      isComplete = layerInputs == shape.emitted().size() && states.isOnePass();
    }
  }

  @Override
  public Tensor keep(Tensor x) {
    if (shape.outputs() == shape.tokens()) {
      return x;
    }
    GraphInput input = inputs.get("outputs");
    if (input == null) {
      input = add("outputs", OutputInput.of(graph, shape.outputs(), wants(Output.SCORES)));
    }
    return graph.getRows(x, input.tensor());
  }

  private GraphInput add(String key, GraphInput input) {
    inputs.put(key, input);
    all.add(input);
    return input;
  }

  @Override
  public Tensor attend(KvState state, Tensor q, Tensor k, Tensor v, AttentionSpec spec) {
    // in this order, so that the three projections are adjacent in the graph
    expand(q);
    if (v != null) {
      expand(v);
    }
    expand(k);
    store(state, k, v);
    return attend(state, q, spec);
  }

  @Override
  public void store(KvState state, Tensor k, Tensor v) {
    KvCache kv = states.kv();
    Tensor cells = cells(state);
    expand(kv.writeKeys(graph, state, k, cells));
    if (v != null) {
      expand(kv.writeValues(graph, state, v, cells));
    }
  }

  @Override
  public Tensor attend(KvState state, Tensor q, AttentionSpec spec) {
    KvCache kv = states.kv();
    PageInput input = pages(state, spec.isCausal());
    AttentionParameters p = AttentionParameters.of(spec.scale());
    if (!spec.isPlain()) {
      p = parameters(p, spec, input.positions());
    }
    Tensor kqvOut =
        graph.attention(q, kv.keys(graph, state), kv.values(graph, state), input.pages(), p);
    expand(kqvOut);
    return kqvOut;
  }

  private static AttentionParameters parameters(
      AttentionParameters plain, AttentionSpec spec, Tensor positions) {
    AttentionParameters p = plain.withSoftCap(spec.softCap());
    if (spec.slopes() != null) {
      p = p.withSlopes(spec.slopes(), positions);
    }
    if (spec.relativeBias() != null) {
      p = p.withRelativeBias(spec.relativeBias(), positions);
    }
    if (spec.sinks() != null) {
      p = p.withSinks(spec.sinks());
    }
    return spec.selected() == null ? p : p.withSelected(spec.selected());
  }

  private Tensor cells(KvState state) {
    String key = "cells" + suffix(state.window(), state.scope());
    GraphInput input = inputs.get(key);
    if (input == null) {
      input = add(key, CellInput.of(graph, key, state, shape.tokens()));
    }
    return input.tensor();
  }

  private PageInput pages(KvState state, boolean isCausal) {
    String key = "cache" + suffix(state.window(), state.scope()) + (isCausal ? "" : "_both");
    GraphInput input = inputs.get(key);
    if (input == null) {
      input = add(key, PageInput.of(graph, key, state, isCausal, states.kv(), shape.tokens()));
    }
    return (PageInput) input;
  }

  /** Names the inputs of a window and scope; empty for the usual ones. */
  private static String suffix(Window window, Scope scope) {
    String suffix = scope == Scope.SEQUENCE ? "" : "_" + scope;
    return window.isPresent() ? suffix + "_" + window.kind() + window.size() : suffix;
  }

  @Override
  public Tensor select(KvState keys, Tensor q, Tensor weights, int topK) {
    CachePages pages = pages(keys, true).pages();
    return graph.select(q, states.kv().keys(graph, keys), weights, pages, topK);
  }

  @Override
  public List<SegmentGroup> groups() {
    if (groups.isEmpty()) {
      List<Integer> sizes = shape.groups();
      int segment = 0;
      int token = 0;
      for (int i = 0; i < sizes.size(); i += 2) {
        int sequences = sizes.get(i);
        int length = sizes.get(i + 1);
        SlotInput read = SlotInput.read(graph, segment, sequences);
        SlotInput written = SlotInput.written(graph, segment, sequences);
        add(read.name(), read);
        add(written.name(), written);
        groups.add(new SegmentGroup(token, sequences, length, read.tensor(), written.tensor()));
        segment += sequences;
        token += sequences * length;
      }
    }
    return groups;
  }

  @Override
  public Tensor read(RecurrentState state, SegmentGroup group) {
    return states.read(graph, state, group.readSlots());
  }

  @Override
  public Tensor slots(RecurrentState state) {
    return states.slots(graph, state);
  }

  @Override
  public void write(RecurrentState state, Tensor value, SegmentGroup group) {
    expand(states.write(graph, state, value, group.writeSlots()));
  }

  /** Adds an operation with side effects to the graph, unless all outputs precede it. */
  private void expand(Tensor x) {
    if (!isComplete) {
      graph.expand(x);
    }
  }

  @Override
  public boolean wants(Output output) {
    return shape.emitted().contains(output);
  }

  @Override
  public void emit(Output output, Tensor value) {
    if (wants(output)) {
      graph.output(output.tensorName(), value);
    }
  }
}
