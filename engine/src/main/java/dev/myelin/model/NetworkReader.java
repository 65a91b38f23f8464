package dev.myelin.model;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.model.build.Architecture;
import dev.myelin.model.build.ModelBuilder;
import dev.myelin.model.build.Network;
import dev.myelin.model.config.Config;
import dev.myelin.model.weights.DescribedWeights;

/** Lets an architecture read its keys and tensors. Stateless and thread-safe. */
final class NetworkReader {
  private NetworkReader() {}

  /**
   * The network of a file.
   *
   * @throws ModelFileException naming a key that Myelin does not support, else the key or tensor
   *     that is missing or wrong
   */
  static Network read(
      GgufFile file, Architecture architecture, Config config, ModelBuilder builder) {
    try {
      Network network = architecture.build(config, builder);
      config.requireSupported();
      return network;
    } catch (ModelFileException e) {
      if (readsAllKeys(file, architecture, config)) {
        config.requireSupported(); // an unsupported key explains tensors of other shapes
      }
      throw e;
    }
  }

  /** Lets an architecture read its keys without tensors; false if they contradict themselves. */
  private static boolean readsAllKeys(GgufFile file, Architecture architecture, Config config) {
    DescribedWeights tensors = new DescribedWeights(name -> file.tensor(name).isPresent());
    try {
      architecture.build(config, new ModelBuilder(tensors));
      return true;
    } catch (ModelFileException e) {
      return false;
    }
  }
}
