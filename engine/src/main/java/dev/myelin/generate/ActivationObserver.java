package dev.myelin.generate;

import dev.myelin.graph.MatmulInput;
import java.util.List;

/**
 * Sees what weights are multiplied with while a session computes. All of it is kept in memory until
 * a batch is done: smaller batches need less.
 */
public interface ActivationObserver {
  /** Observes nothing. */
  ActivationObserver NONE =
      new ActivationObserver() {
        @Override
        public boolean observes(String weight) {
          return false;
        }

        @Override
        public void computed(List<MatmulInput> observations) {}
      };

  /** Whether to observe the weight of that name. */
  boolean observes(String weight);

  /** A batch was computed; what is handed over is valid during the call only. */
  void computed(List<MatmulInput> observations);
}
