package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The slots of the recurrent states that a group of sequences reads, i32 [sequences], or those that
 * it writes, i64 [sequences].
 *
 * @param first number of the group's first segment in the batch
 */
record SlotInput(Tensor tensor, String name, int first, boolean isWritten) implements GraphInput {
  static SlotInput read(GraphBuilder g, int first, int sequences) {
    String name = "read_slots_" + first;
    return new SlotInput(g.input(name, GgmlType.I32, sequences), name, first, false);
  }

  static SlotInput written(GraphBuilder g, int first, int sequences) {
    String name = "write_slots_" + first;
    return new SlotInput(g.input(name, GgmlType.I64, sequences), name, first, true);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(name);
    for (int i = 0; i < tensor.dim(0); i++) {
      Segment s = batch.segments().get(first + i);
      if (isWritten) {
        data.setAtIndex(ValueLayout.JAVA_LONG, i, s.states().writeSlot());
      } else {
        data.setAtIndex(ValueLayout.JAVA_INT, i, s.states().readSlot());
      }
    }
  }
}
