package dev.myelin.model.build;

import dev.myelin.model.config.Config;
import java.util.List;

/**
 * A model architecture: takes the tensors and states of a model, and says its forward pass. The
 * implementations are in {@code dev.myelin.model.architecture} and registered in {@code
 * dev.myelin.model.Architectures}.
 */
public interface Architecture {
  /** The models of this architecture, with the paper, and what is special about them; one line. */
  String title();

  /**
   * Reads the hyperparameters that it needs, takes all tensors, and returns the network.
   *
   * @throws dev.myelin.error.ModelFileException naming a key or tensor
   */
  Network build(Config config, ModelBuilder builder);

  /** Small models of this architecture, one for each variant; at least one. */
  List<Sample> samples();
}
