package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.SequenceStates;
import java.lang.foreign.ValueLayout;

/**
 * The slot of the recurrent states that a pass reads, i32 [1], or the one that it writes, i64 [1].
 */
record SlotInput(Tensor tensor, SequenceStates states, boolean isWritten) implements GraphInput {
  static SlotInput read(GraphBuilder g, SequenceStates states) {
    return new SlotInput(g.input(name(false), GgmlType.I32, 1), states, false);
  }

  static SlotInput written(GraphBuilder g, SequenceStates states) {
    return new SlotInput(g.input(name(true), GgmlType.I64, 1), states, true);
  }

  private static String name(boolean isWritten) {
    return isWritten ? "write_slot" : "read_slot";
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    if (isWritten) {
      graph.input(name(true)).set(ValueLayout.JAVA_LONG, 0, states.writeSlot());
    } else {
      graph.input(name(false)).set(ValueLayout.JAVA_INT, 0, states.readSlot(batch.position()));
    }
  }
}
