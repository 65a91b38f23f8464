package dev.myelin.pass;

import dev.myelin.graph.Graph;
import dev.myelin.graph.Tensor;

/** An input of a graph: declares a tensor, and fills it from each batch. */
interface GraphInput {
  Tensor tensor();

  void fill(Graph graph, Batch batch);
}
