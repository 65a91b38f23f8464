package dev.myelin.inspect;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.model.ModelDescription;
import dev.myelin.state.ModelStates;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A summary of a checkpoint's parameters, computed from the header: how many there are, in which
 * components and types, and the cost of a token. No tensor data is read, and the file may be closed
 * afterwards. Immutable and thread-safe.
 *
 * @param path the path as given
 * @param version GGUF version
 * @param files number of files
 * @param fileBytes size of all files
 * @param fileType the quantization mix
 * @param total the group of all tensors; its key is the path
 * @param components components that have tensors, in the order of {@link Component}
 * @param types sorted by parameters, most first
 * @param cache empty if the file describes no attention
 * @param states what the architecture stores of a sequence; empty if Myelin does not know it, or
 *     the file is not complete
 * @param tensors in the file's order
 * @param metadata in the file's order
 * @param ignored why the architecture skips tensors of the file, by name
 */
public record Inspection(
    Path path,
    int version,
    int files,
    long fileBytes,
    ModelShape shape,
    FileType fileType,
    Group<Path> total,
    List<Group<Component>> components,
    List<Group<GgmlType>> types,
    TokenCost tokenCost,
    Optional<CacheCost> cache,
    Optional<ModelStates> states,
    Optional<TokenizerSummary> tokenizer,
    List<InspectedTensor> tensors,
    List<MetadataEntry> metadata,
    Map<String, String> ignored) {

  /** Inspects an open file. */
  public static Inspection of(GgufFile file) {
    LenientMetadata keys = new LenientMetadata(file);
    Optional<ModelDescription> described = describe(file);
    ModelShape shape = ModelShape.of(keys);
    List<InspectedTensor> tensors = InspectedTensor.ofAll(file.tensors());
    List<Group<GgmlType>> types = Group.groupBy(t -> t.info().type(), tensors);
    types.sort(Comparator.comparingLong((Group<GgmlType> g) -> g.parameters()).reversed());
    return new Inspection(
        file.path(),
        file.version(),
        file.parts().size(),
        file.parts().stream().mapToLong(part -> part.byteSize()).sum(),
        shape,
        FileType.of(keys.globalNumber("general.file_type"), types),
        Group.total(file.path(), tensors),
        Group.groupBy(InspectedTensor::component, tensors),
        types,
        TokenCost.of(tensors, shape.experts(), keys.flag("attention.causal", true)),
        CacheCost.of(file, keys, shape, described),
        described.map(ModelDescription::states),
        TokenizerSummary.of(keys),
        tensors,
        MetadataEntry.all(file),
        ignored(file, described));
  }

  /** Inspects a checkpoint, or all parts of a split checkpoint. */
  public static Inspection of(Path path) {
    return of(Checkpoint.of(path));
  }

  /** Inspects a checkpoint on disk or in memory. */
  public static Inspection of(Checkpoint checkpoint) {
    try (GgufFile file = checkpoint.open()) {
      return of(file);
    }
  }

  /**
   * What the architecture says of the model; empty if it is not known, or the file not complete.
   */
  private static Optional<ModelDescription> describe(GgufFile file) {
    try {
      return Optional.of(ModelDescription.of(file, name -> file.tensor(name).isPresent()));
    } catch (MyelinException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> ignored(GgufFile file, Optional<ModelDescription> described) {
    Map<String, String> ignored = new TreeMap<>();
    described
        .map(ModelDescription::ignored)
        .orElse(Map.of())
        .forEach(
            (name, why) -> {
              if (file.tensor(name).isPresent()) {
                ignored.put(name, why);
              }
            });
    return Collections.unmodifiableMap(ignored);
  }
}
