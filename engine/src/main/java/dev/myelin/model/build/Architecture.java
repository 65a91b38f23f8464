package dev.myelin.model.build;

import dev.myelin.model.config.HyperparameterReader;
import dev.myelin.model.config.Hyperparameters;

/**
 * A kind of model: how its hyperparameters are read, which tensors it has, and its graph. One class
 * each in {@code dev.myelin.model.architecture}, registered in {@code
 * dev.myelin.model.Architectures}.
 */
public interface Architecture {
  /** The value of {@code general.architecture} that names it. */
  String name();

  /** Reads and checks the shape. */
  Hyperparameters hyperparameters(HyperparameterReader in);

  /** Takes the tensors it needs. */
  Network network(Hyperparameters hp, WeightSource weights);
}
