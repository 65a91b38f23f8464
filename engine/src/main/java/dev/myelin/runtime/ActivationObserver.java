package dev.myelin.runtime;

import dev.myelin.graph.MatmulInput;
import java.util.List;

/**
 * Observes the activations that weights are multiplied with while a session computes. They stay in
 * memory until a batch is done, so smaller batches need less memory. Called in the thread that uses
 * the session.
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
        public void onBatch(List<MatmulInput> observations) {}
      };

  /** Whether to observe the weight of this name. */
  boolean observes(String weight);

  /** Called after each batch. The observations are valid during the call only. */
  void onBatch(List<MatmulInput> observations);
}
