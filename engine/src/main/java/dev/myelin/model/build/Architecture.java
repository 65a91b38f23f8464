package dev.myelin.model.build;

import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;

/**
 * A model architecture: reads the hyperparameters, takes the tensors, builds the graph. The
 * implementations are in {@code dev.myelin.model.architecture} and registered in {@code
 * dev.myelin.model.Architectures}.
 */
public interface Architecture {
  /** Its value of {@code general.architecture}. */
  String name();

  /** Reads and checks the hyperparameters. */
  Hyperparameters hyperparameters(HyperparameterReader in);

  /** Builds the network from the tensors of a file. */
  Network network(Hyperparameters hp, WeightSource weights);
}
