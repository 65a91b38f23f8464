package dev.myelin.model;

/**
 * A kind of model: how its hyperparameters are read, which tensors it has, and its graph. One class
 * each in {@code dev.myelin.model.architecture}, registered in {@link Architectures}.
 */
public interface Architecture {
  /** The value of {@code general.architecture} that names it. */
  String name();

  /** Reads and checks the shape. */
  Hyperparameters hyperparameters(HyperparameterReader in);

  /** Takes the tensors it needs. */
  Network network(Hyperparameters hp, WeightSource weights);
}
